import type { IMigrationGenerator, MigrationDiff } from '@mikro-orm/core'
import type { SqlSchemaGenerator } from '@mikro-orm/postgresql'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Backfill, Check } from '../migration.ts'
import { findMoves } from '../recipes/find-moves.ts'
import { splitCommands } from '../recipes/generated.ts'
import { planRecipes, type RecipeContext } from '../recipes/index.ts'
import type { RecipeFile, Step } from '../recipes/recipe.ts'
import { writeSafely, type SafeStatements } from '../safe-forms/index.ts'
import { joinAllowed, type Allowed, type Before } from '../safe-forms/safe-form.ts'
import { isBreaking, splitPhases, type Chain, type Ways } from '../safe-forms/split-phases.ts'
import { parseSql } from '../sql/parse.ts'
import { correctStatements } from './correct-statements.ts'
import { explainUnreadable } from './explain-unreadable.ts'
import { refuseZones } from './refuse-zones.ts'
import { findSchemaGenerator, opened, type OpenMigrator } from './stock-migrator.ts'
import { hearingSql } from './whole-diff.ts'

/** What was said of the changes. */
type Answers = Pick<RecipeContext, 'fills' | 'renames'>

interface Written<T> {
  readonly result: T
  /** Names of the files after the first. */
  readonly others: readonly string[]
  /** Of each file: why the previous release survives it, where its statements look as if it did not. */
  readonly survives: readonly (string | undefined)[]
}

/**
 * Runs `create` so that what MikroORM generates is written in its safe form, with what must hold before it, and in a file
 * of its own what the previous release does not survive.
 */
export async function writingSafely<T>(
  migrator: object,
  chain: Chain & Answers,
  create: () => Promise<T>,
): Promise<Written<T>> {
  const stock = opened(migrator)
  const { generator } = stock
  const getSchemaDiff = stock.getSchemaDiff.bind(stock)
  const schemas = findSchemaGenerator(stock)
  const ensureDatabase = schemas?.ensureDatabase.bind(schemas)
  let migrations: readonly SafeWays[] = []
  stock.getSchemaDiff = async (blank, initial) => {
    const diff = await correctStatements(await getSchemaDiff(blank, initial), chain.known)
    if (!stock.config.get('forceUtcTimezone')) await refuseZones(diff, chain.known)
    migrations = canNameTwo(stock) ? await writeEvery(diff, chain) : await writeOne(diff, chain)
    return {
      up: migrations.flatMap(({ up }) => up.statements),
      down: migrations.toReversed().flatMap(({ down }) => down.statements),
    }
  }
  const { others, end } = writeEach(generator, () => migrations)
  const heard = schemas && hearingSql(schemas, (sql) => requireReadable(sql, schemas))
  if (schemas) {
    // A configuration may name another database than the one that is asked, and that one is nobody's to make here.
    schemas.ensureDatabase = async () => false
  }
  try {
    const result = await create()
    return { result, others, survives: migrations.map((one) => one.survives) }
  } finally {
    Object.assign(stock, { getSchemaDiff })
    end()
    heard?.()
    if (schemas) Object.assign(schemas, { ensureDatabase })
  }
}

/**
 * MikroORM takes its own text apart at the ends of lines, and leaves out what follows a quote that is not closed: the
 * default `it's`, say. Throws PROJECT_INVALID.
 */
async function requireReadable(
  { up, down }: Readonly<Record<'up' | 'down', string>>,
  schemas: SqlSchemaGenerator,
): Promise<void> {
  const sql = `${up}\n${down}`
  if (await isReadable(sql)) return
  const known = explainUnreadable(schemas.getTargetSchema())
  if (known !== undefined) throw failure('PROJECT_INVALID', { reason: known })
  for (const statement of sql.split(/;\n/)) {
    if (await isReadable(statement)) continue
    const reason = `PostgreSQL cannot read what the entities become: ${statement.trim()}. Look for a quote in a default, a check or a comment: what is SQL there has it twice.`
    throw failure('PROJECT_INVALID', { reason })
  }
}

function isReadable(sql: string): Promise<boolean> {
  return parseSql(sql).then(
    () => true,
    () => false,
  )
}

/** Makes a generator write each of several migrations in a file of its own; gathers the names of those after the first. */
function writeEach(
  generator: IMigrationGenerator,
  all: () => readonly SafeWays[],
): { readonly others: readonly string[]; readonly end: () => void } {
  const generate = generator.generate.bind(generator)
  const generateFile = generator.generateMigrationFile.bind(generator)
  let members: readonly string[] = []
  const others: string[] = []
  generator.generate = async (diff, path, name) => {
    const [first, ...rest] = all()
    members = first ? membersOf(first) : []
    if (!first || rest.length === 0) return generate(diff, path, name)
    const written = await generate(toDiff(first), path, name)
    for (const one of rest) {
      members = membersOf(one)
      const { suffix = 'contract' } = one
      const as = name === undefined ? suffix : `${name}-${suffix}`
      const [, file] = await generate(toDiff(one), path, as)
      others.push(file)
    }
    return written
  }
  generator.generateMigrationFile = async (className: string, diff: MigrationDiff) =>
    addMembers(await generateFile(className, diff), members)
  const end = () => void Object.assign(generator, { generate, generateMigrationFile: generateFile })
  return { others, end }
}

const toDiff = ({ up, down }: SafeWays): MigrationDiff => ({
  up: [...up.statements],
  down: [...down.statements],
})

/** Both ways of a migration in their safe forms. */
interface SafeWays {
  readonly up: SafeStatements
  readonly down: SafeStatements
  /** Of the name of its file, where it is not the first. */
  readonly suffix?: string
  readonly backfill?: Backfill
  readonly survives?: string
  readonly allow: Allowed
}

/** A migration as it is planned. */
type Draft = Omit<RecipeFile, 'suffix'> & { readonly suffix?: string; readonly isCopy?: boolean }

const toDraft = ({ up, down, ...rest }: Ways): Draft => ({
  ...rest,
  up: [{ generated: up }],
  down: [{ generated: down }],
})

/**
 * What has a recipe is done by it: what the previous release does not survive of the rest, and the last steps of the recipes,
 * are one migration, and come last.
 */
async function writeEvery(diff: Ways, chain: Chain & Answers): Promise<SafeWays[]> {
  const { recipes, rest } = await planRecipes(diff, chain)
  if (recipes.length === 0) return writeAll((await splitPhases(rest, chain)).map(toDraft), chain)
  const isLeft = [...rest.up, ...rest.down].some((sql) => sql.trim() !== '')
  const [before, last]: [Draft[], Draft[]] = [[], []]
  for (const part of isLeft ? await splitPhases(rest, chain) : []) {
    const isLast = await isBreaking(part, chain)
    ;(isLast ? last : before).push(toDraft(part))
  }
  const files = joinFiles(recipes.flat(), last)
  // What is changed in a table that has its new name comes after that.
  const isRenamed = recipes.some(([first]) => first?.survives !== undefined)
  const [renaming, ...others] = isRenamed ? files : []
  return writeAll(
    renaming
      ? [renaming, ...before.map((one) => ({ ...one, suffix: 'alter' })), ...others]
      : [...before, ...files],
    chain,
  )
}

/** Throws PROJECT_INVALID of a column that moves: in one file its values would go with it. */
async function writeOne(diff: Ways, chain: Chain & Answers): Promise<SafeWays[]> {
  const [move] = await findMoves(await splitCommands(diff), chain.renames ?? new Map(), chain.known)
  if (!move) return writeAll([diff].map(toDraft), chain)
  const reason = `The column ${move.old.column} moves to another table, which takes several files, and migrations.fileName gives all of them one name. Let it use the name that it is given.`
  throw failure('PROJECT_INVALID', { reason })
}

/** A file for what the recipes begin with, one for each backfill, and so on. */
function joinFiles(files: readonly RecipeFile[], last: readonly Draft[]): Draft[] {
  const of = (suffix: RecipeFile['suffix']) => files.filter((one) => one.suffix === suffix)
  const join = (suffix: RecipeFile['suffix'], all: readonly Draft[]): Draft[] =>
    all.length === 0
      ? []
      : [
          {
            suffix,
            up: all.flatMap((one) => explained(one, one.up)),
            down: all.toReversed().flatMap(({ down }) => down),
            requires: all.flatMap(({ requires = [] }) => requires),
            undoRequires: all.flatMap(({ undoRequires = [] }) => undoRequires),
            isTogether: all.some((one) => one.isTogether),
            isCopy: all.some((one) => one.isCopy),
            ...joinReasons(all),
            allow: joinAllowed(all.map(({ allow }) => allow)),
          },
        ]
  const backfills = of('backfill').map((one, n) => ({
    ...one,
    suffix: n === 0 ? one.suffix : `${one.suffix}-${n + 1}`,
  }))
  return [
    ...join('add', of('add')),
    ...backfills,
    ...join('build', of('build')),
    ...join('contract', [...last, ...of('contract')]),
  ]
}

/** What one of them does not say is judged by what its statements are. */
function joinReasons(all: readonly Draft[]): Pick<Draft, 'survives'> {
  const reasons = [...new Set(all.flatMap(({ survives }) => survives ?? []))]
  return reasons.length === 0 ? {} : { survives: reasons.join('; ') }
}

/** What is dropped has a reason of its own where its recipe gives none. */
function explained({ allow }: Draft, steps: readonly Step[]): Step[] {
  return steps.map((one) =>
    allow && typeof one !== 'string' ? { ...one, isExplained: true } : one,
  )
}

/** In the order in which they run; the ways back run in the other. */
async function writeAll(drafts: readonly Draft[], { known }: Chain): Promise<SafeWays[]> {
  const ups: SafeStatements[] = []
  for (const draft of drafts) ups.push(await writeDraft(draft, 'up', known))
  const all: SafeWays[] = []
  for (const [n, draft] of [...drafts.entries()].toReversed()) {
    const { suffix, backfill, survives } = draft
    const down = await writeDraft(draft, 'down', known)
    const up = ups[n] ?? EMPTY
    const allow = joinAllowed([draft.allow, up.allow])
    all.unshift({
      up,
      down,
      ...(suffix !== undefined && { suffix }),
      ...(backfill && { backfill }),
      ...(survives !== undefined && { survives }),
      allow,
    })
  }
  return all
}

const EMPTY: SafeStatements = { statements: [], requires: [], isTransactional: true }

async function writeDraft(
  { isCopy: mayCopy = false, isTogether = false, ...draft }: Draft,
  direction: 'up' | 'down',
  known: KnownObjects,
): Promise<SafeStatements> {
  const parts: SafeStatements[] = []
  for (const step of draft[direction])
    parts.push(
      await (typeof step === 'string'
        ? writeStep(step, known)
        : writeGenerated(step, known, { direction, mayCopy })),
    )
  const own = direction === 'up' ? draft.requires : draft.undoRequires
  const isOneTogether = isTogether || parts.some((one) => one.isTogether)
  return {
    statements: parts.flatMap(({ statements }) => statements),
    allow: joinAllowed(parts.map(({ allow }) => allow)),
    requires: [...(own ?? []), ...parts.flatMap((one) => one.requires)],
    isTransactional: isOneTogether || parts.every((one) => one.isTransactional),
    ...(isOneTogether && { isTogether: true }),
  }
}

async function writeGenerated(
  { generated, isExplained }: Exclude<Step, string>,
  ...rest: [KnownObjects, Pick<Before, 'direction' | 'mayCopy'>]
): Promise<SafeStatements> {
  const written = await writeSafely(generated, ...rest)
  if (!isExplained) return written
  const { 'deletes-data': _, ...allow } = written.allow ?? {}
  return { ...written, allow }
}

/** A statement that has its form already. */
async function writeStep(sql: string, known: KnownObjects): Promise<SafeStatements> {
  for (const { node } of await parseSql(sql)) known.learn(node)
  return {
    ...EMPTY,
    statements: [sql],
    isTransactional: !/^(create|drop)( unique)? index concurrently /i.test(sql),
  }
}

/** False where the project's names of files leave out what a migration is called: the second would take the place of the first. */
function canNameTwo({ options: { fileName } }: OpenMigrator): boolean {
  return fileName === undefined || fileName('0', 'one') !== fileName('0', 'two')
}

/** Members of the class, as TypeScript writes them. */
function membersOf({ up, down, suffix, backfill, allow }: SafeWays): string[] {
  const isTogether = up.isTogether === true || down.isTogether === true
  const isTransactional = isTogether || (up.isTransactional && down.isTransactional)
  const allowed = Object.entries(allow).map(([rule, why]) => `'${rule}': ${quoted(why)}`)
  return [
    ...(suffix === 'contract' ? [`phase = 'contract';`] : []),
    ...(allowed.length === 0 ? [] : [`allow = { ${allowed.join(', ')} };`]),
    ...(isTransactional ? [] : ['override isTransactional(): boolean {\n    return false;\n  }']),
    ...(backfill ? [memberOf(backfill)] : []),
    ...checksOf('requires', up.requires),
    ...checksOf('downRequires', down.requires),
  ]
}

function memberOf({ set, key, ...texts }: Backfill): string {
  const lines = [
    ...Object.entries(texts).map(([name, text]) => `${name}: ${quoted(text)}`),
    ...(key ? [`key: [${key.map(quoted).join(', ')}]`] : []),
    ...(set
      ? [
          `set: { ${Object.entries(set)
            .map(([one, text]) => `[${quoted(one)}]: ${quoted(text)}`)
            .join(', ')} }`,
        ]
      : []),
  ]
  return `backfill() {\n    return {\n${lines.map((line) => `      ${line},\n`).join('')}    };\n  }`
}

function checksOf(method: string, checks: readonly Check[]): string[] {
  if (checks.length === 0) return []
  const items = checks.map(
    ({ query, says }) =>
      `      {\n        query: ${quoted(query)},\n        says: ${quoted(says)},\n      },\n`,
  )
  return [`${method}() {\n    return [\n${items.join('')}    ];\n  }`]
}

function quoted(text: string): string {
  return `\`${text.replaceAll(/[`$\\]/g, '\\$&')}\``
}

/** Before `up`. A generator of the project's own may write something else, which stays as it is. */
function addMembers(code: string, members: readonly string[]): string {
  const up = /^ *(override |async )*up\(/m.exec(code)
  if (!up || members.length === 0) return code
  const isTypeScript = up[0].includes('override')
  const texts = members.map((text) =>
    isTypeScript ? text : text.replace(/^override (.*): \w+/, '$1'),
  )
  return `${code.slice(0, up.index)}${texts.map((text) => `  ${text}\n\n`).join('')}${code.slice(up.index)}`
}
