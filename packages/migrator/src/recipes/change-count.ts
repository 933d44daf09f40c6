import type { Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { listCommands, type Alteration } from '../known/parts.ts'
import { shown } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { isCounted } from '../safe-forms/why-rewritten.ts'
import type { Generated, Recipe } from './recipe.ts'

/**
 * Columns that a sequence counts and that become identities, or the reverse, in one short step: the form of each statement is
 * that which it has where it is written. Undefined where there is none. Throws RECIPE_REFUSED.
 */
export async function changeCount(
  { up, down }: Generated,
  known: KnownObjects,
): Promise<{ readonly recipe: Recipe; readonly rest: Generated } | undefined> {
  const [own, back] = [await listOwn(up, known), await listOwn(down, known)]
  const changes = [...own.values()]
  if (changes.length === 0) return undefined
  for (const one of changes) refuseUnfit(one, known)
  return {
    recipe: [
      {
        suffix: 'add',
        up: [{ generated: [...own.keys()] }],
        down: [{ generated: [...back.keys()] }],
        survives: 'a new sequence of the same name gives the numbers, from where the old one was',
        isTogether: true,
      },
    ],
    rest: {
      up: up.filter((text) => !own.has(text)),
      down: down.filter((text) => !back.has(text)),
    },
  }
}

/** By their texts. */
async function listOwn(
  texts: readonly string[],
  known: KnownObjects,
): Promise<ReadonlyMap<string, Alteration>> {
  const own = new Map<string, Alteration>()
  for (const text of texts) {
    const node = await readOne(text)
    const change = node && findChange(node)
    if (change && isCountedHere(change, known)) own.set(text, change)
  }
  return own
}

/** In both directions: nothing gave the old release numbers where nothing counted the column. */
function isCountedHere({ table, name }: Alteration, known: KnownObjects): boolean {
  const from = known.table(table)?.columns.get(name)
  return known.table(table)?.sequences.has(name) === true || isCounted({ from })
}

/** Undefined also of one that PostgreSQL alone gives numbers from then on, or that nothing does. */
function findChange(node: Node): Alteration | undefined {
  const [becomes] = listCommands(node, 'AddIdentity')
  const def = becomes?.command.def
  if (def && 'Constraint' in def) return def.Constraint.generated_when === 'a' ? undefined : becomes
  const [goes] = listCommands(node, 'DropIdentity')
  return listCommands(node, 'ColumnDefault').length > 0 ? goes : undefined
}

/** Throws RECIPE_REFUSED. */
function refuseUnfit({ table: name, name: column, subtype }: Alteration, known: KnownObjects) {
  const table = known.table(name)
  const reason =
    table?.isPartitioned || table?.partitionOf || known.hasChildren(name)
      ? 'other tables share its sequence'
      : table?.sequences.has(column)
        ? undefined
        : 'no migration here has made its sequence, or the name of that is too long to be known'
  if (reason === undefined) return
  const becomes = subtype === 'AT_AddIdentity' ? 'an identity' : 'a serial'
  const change = `${shown(name)}.${column} becomes ${becomes}`
  throw failure('RECIPE_REFUSED', { change, reason })
}
