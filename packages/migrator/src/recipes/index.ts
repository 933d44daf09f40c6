import type { Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { findSubject, meets, type Subject } from '../safe-forms/subject.ts'
import { listAddedColumns } from '../known/parts.ts'
import { shown } from '../phase/release.ts'
import { findRenaming } from '../sql/renaming.ts'
import type { Generated, Recipe } from './recipe.ts'
import { renameColumn } from './rename-column.ts'
import { whyNotBeside } from './unfit.ts'

/** What is there before a change. */
export interface RecipeContext {
  readonly known: KnownObjects
  /** What the previous release of the application knows; absent where there is none. */
  readonly previous?: KnownObjects
}

/** Changes that have a recipe, and the generated statements that are none of theirs. */
export interface Planned {
  readonly recipes: readonly Recipe[]
  readonly rest: Generated
}

/**
 * Finds the changes of generated statements that the previous release would not survive, and that are made beside it by a
 * recipe. Throws RECIPE_REFUSED.
 */
export async function planRecipes(generated: Generated, context: RecipeContext): Promise<Planned> {
  const recipes: Recipe[] = []
  let rest = generated
  if (!context.previous) return { recipes, rest }
  for (const text of generated.up) {
    const recipe = await planOne(text, rest, context, context.previous)
    if (!recipe) continue
    recipes.push(recipe.recipe)
    rest = recipe.rest
  }
  return { recipes, rest }
}

async function planOne(
  text: string,
  generated: Generated,
  { known }: RecipeContext,
  previous: KnownObjects,
): Promise<{ readonly recipe: Recipe; readonly rest: Generated } | undefined> {
  const node = await readOne(text)
  const renaming = node && findRenaming(node)
  if (!node || !renaming || !('to' in renaming) || !renaming.column) return undefined
  const { from: table, column } = renaming
  const there = previous.table(table)?.columns.get(column.from)
  if (!there) return undefined
  const refused = whyNotBeside(known, table, column.from)
  const change = `${shown(table)}.${column.from} to ${column.to}`
  if (refused) throw failure('RECIPE_REFUSED', { change: `rename ${change}`, reason: refused })
  const [rest, own] = await takeOut(node, generated, known)
  const renamed = {
    table,
    ...column,
    column: known.table(table)?.columns.get(column.from) ?? there,
  }
  return { recipe: await renameColumn(renamed, known, own), rest }
}

/** Generated statements without those about what a statement is about, and those; new columns are there from the beginning. */
async function takeOut(
  node: Node,
  { up, down }: Generated,
  known: KnownObjects,
): Promise<[rest: Generated, own: Generated]> {
  const first = findSubject(node, known)
  const ups = await readSubjects(up, known.copy())
  const all = [...ups, ...(await readSubjects(down, learned(ups, known)))]
  const taken = all.filter(({ subject }) => subject && first && meets(subject, first))
  for (const one of taken)
    for (const other of all) {
      const isMet = one.subject && other.subject && meets(other.subject, one.subject)
      if (isMet && !other.isNew && !taken.includes(other)) taken.push(other)
    }
  const part = (isTaken: boolean) => {
    const of = (texts: readonly string[]) =>
      texts.filter((text) => taken.some((one) => one.text === text) === isTaken)
    return { up: of(up), down: of(down) }
  }
  return [part(false), part(true)]
}

interface Read {
  readonly text: string
  readonly node: Node | undefined
  readonly subject: Subject | undefined
  /** It adds a column. */
  readonly isNew: boolean
}

async function readSubjects(texts: readonly string[], there: KnownObjects): Promise<Read[]> {
  const all: Read[] = []
  for (const text of texts) {
    const node = await readOne(text)
    const subject = node && findSubject(node, there)
    all.push({
      text,
      node,
      subject,
      isNew: node !== undefined && listAddedColumns(node).length > 0,
    })
    if (node) there.learn(node)
  }
  return all
}

function learned(all: readonly Read[], known: KnownObjects): KnownObjects {
  const there = known.copy()
  for (const { node } of all) if (node) there.learn(node)
  return there
}
