import type { AbstractSqlDriver } from '@mikro-orm/postgresql'
import type { Migration as MikroMigration } from '@mikro-orm/migrations'
import { inspect } from 'node:util'
import { failure, MigratorError } from '../errors/index.ts'
import type {
  Body,
  Check,
  Migration,
  MigrationContract,
  ReplacedMigration,
  Statement,
} from '../migration.ts'
import { checksum } from '../sql/checksum.ts'
import { refuseNul } from '../sql/nul.ts'
import { parseSql, SyntaxProblem } from '../sql/parse.ts'
import type { BorrowedClients } from './borrowed-client.ts'
import { asElsewhere } from './elsewhere.ts'
import { calledElsewhere } from './env.ts'
import { readStatements } from '../sql/read-statement.ts'
import { nothingToRevert, orUnusable, readBackfillBody } from './read-backfill.ts'

/** A migration class of MikroORM, as its files export it. */
export type MigrationClass = new (
  ...args: ConstructorParameters<typeof MikroMigration>
) => MikroMigration & MigrationContract

interface Origin {
  readonly name: string
  readonly driver: AbstractSqlDriver
  readonly config: ConstructorParameters<typeof MikroMigration>[1]
  readonly clients: BorrowedClients
  /** The text of its file. */
  readonly source: string
}

/**
 * Reads a migration class as data: its `up` and `down` are called, and what they queue with `addSql` is
 * read; nothing runs. A method that reaches for the database while it is called (`execute`, an entity
 * manager), or that queues something else in another environment or configuration, is code: it is run whole, in its
 * segment, and may run again when the segment is retried.
 *
 * Throws MIGRATION_UNREADABLE, STATEMENT_UNUSABLE, NUL_BYTE.
 */
export async function readMigration(Class: MigrationClass, origin: Origin): Promise<Migration> {
  refuseNul(origin.name, 'The name of a migration')
  try {
    return await readClass(Class, origin)
  } catch (error) {
    if (!(error instanceof MigratorError) || error.code !== 'NUL_BYTE') throw error
    const { what, line } = error.details
    throw failure(
      'NUL_BYTE',
      { what: `${origin.name}: ${String(what)}`, line: Number(line) },
      error,
    )
  }
}

async function readClass(Class: MigrationClass, origin: Origin): Promise<Migration> {
  const instance = new Class(origin.driver, origin.config)
  const transactional = instance.isTransactional()
  const read = (direction: 'up' | 'down') => readBody(Class, direction, transactional, origin)
  const filled =
    instance.backfill &&
    (await readBackfillBody(origin.name, origin.config, (config) =>
      new Class(origin.driver, config).backfill?.(),
    ))
  const up = filled ?? (await read('up'))
  const down =
    filled && !Object.hasOwn(Class.prototype, 'down')
      ? await nothingToRevert(filled)
      : await read('down')
  if (up.kind === 'none') {
    const reason = `its up() throws: ${up.reason}`
    throw failure('MIGRATION_UNREADABLE', { file: origin.name, reason, advice: CORRECT })
  }
  const content = {
    phase: instance.phase ?? 'expand',
    transactional,
    up,
    down,
    requires: instance.requires?.() ?? [],
    ensures: instance.ensures?.() ?? [],
    downRequires: instance.downRequires?.() ?? [],
    ...(instance.keepRows !== undefined && {
      keepRows: readLimit(instance.keepRows, origin, transactional, up),
    }),
    ...(instance.replaces && { replaces: replacedBy(instance.replaces) }),
  } as const
  const statesExpand = instance.phase === 'expand'
  const allow = instance.allow && { allow: readReasons(instance.allow, origin) }
  const checksums = await makeChecksums(content, origin)
  return { name: origin.name, ...content, statesExpand, ...allow, ...checksums }
}

/** Whether there are rules with these names, lint says: another version may have others. */
function readReasons(
  allow: Readonly<Record<string, unknown>>,
  { name: file }: Origin,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(allow).map(([rule, why]) => {
      if (typeof why === 'string' && why.trim() !== '') return [rule, why]
      throw failure('NOT_A_MIGRATION', { file, reason: `allow gives no reason for ${rule}` })
    }),
  )
}

const BYTES = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** PostgreSQL's units. What code does, and what is committed one by one, is not seen by the archive. */
function readLimit(text: string, { name: file }: Origin, transactional: boolean, up: Body): number {
  const reason = (says: string) => failure('NOT_A_MIGRATION', { file, reason: `keepRows ${says}` })
  const [, number, unit] = /^(\d+) ?(kB|MB|GB)$/.exec(text) ?? []
  if (number === undefined) throw reason(`is ${JSON.stringify(text)}, and not a size like '64MB'`)
  if (!transactional || up.kind !== 'sql') throw reason('is for statements in a transaction')
  return Number(number) * BYTES[unit as keyof typeof BYTES]
}

function replacedBy(checksums: Readonly<Record<string, string>>): ReplacedMigration[] {
  return Object.entries(checksums).map(([name, checksum]) => ({ name, checksum }))
}

async function readBody(
  Class: MigrationClass,
  direction: 'up' | 'down',
  transactional: boolean,
  origin: Origin,
): Promise<Body> {
  const elsewhere = { ...origin, config: asElsewhere(origin.config) }
  const here = await callBody(Class, direction, origin, (work) => work())
  const there = await callBody(Class, direction, elsewhere, calledElsewhere)
  const isCode = here.reachesOut || there.queued?.join(';\n') !== here.queued?.join(';\n')
  if (isCode) return codeBody(Class, direction, transactional, origin)
  const { queued, reason } = here
  if (queued === undefined) return { kind: 'none', reason }
  return { kind: 'sql', statements: await parseQueries(queued, transactional, origin) }
}

interface Called {
  readonly reachesOut: boolean
  /** Undefined where the method has thrown, for this reason. */
  readonly queued: readonly string[] | undefined
  readonly reason: string
}

async function callBody(
  Class: MigrationClass,
  direction: 'up' | 'down',
  origin: Origin,
  call: (work: () => Promise<void> | void) => Promise<void> | void,
): Promise<Called> {
  const instance = new Class(origin.driver, origin.config)
  const reachesOut = refuseTheDatabase(instance, origin.clients)
  try {
    await call(() => instance[direction]())
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(inspect(error))
    // The journal keeps the reason, and PostgreSQL keeps no NUL.
    const reason = message.replaceAll('\0', '')
    return { reachesOut: reachesOut(), queued: undefined, reason }
  }
  const isCode = reachesOut()
  return { reachesOut: isCode, queued: isCode ? [] : listQueries(instance, origin), reason: '' }
}

/** While a method is only read, every way to the database throws, and is remembered. */
function refuseTheDatabase(instance: MikroMigration, clients: BorrowedClients): () => boolean {
  let reached = false
  clients.wasMissed()
  const refuse = () => {
    reached = true
    throw new Error('A migration that is being read has no database.')
  }
  instance.execute = refuse
  instance.getEntityManager = refuse
  return () => reached || clients.wasMissed()
}

function codeBody(
  Class: MigrationClass,
  direction: 'up' | 'down',
  transactional: boolean,
  origin: Origin,
): Body {
  return {
    kind: 'code',
    run: (session) =>
      origin.clients.bind(session, transactional, async () => {
        const instance = new Class(origin.driver, origin.config)
        await instance[direction]()
        // As MikroORM does: what was executed is done by now, what was queued follows.
        for (const sql of listQueries(instance, origin)) {
          refuseNul(sql, `${origin.name}: a statement that its code queued`)
          await origin.driver.execute(sql)
        }
      }),
  }
}

async function parseQueries(
  queued: readonly string[],
  transactional: boolean,
  origin: Origin,
): Promise<Statement[]> {
  const statements: Statement[] = []
  for (const sql of queued) {
    statements.push(
      ...(await orUnusable(origin.name, sql, () => readStatements(sql, transactional))),
    )
  }
  return statements
}

const CORRECT = 'Correct it, then run again.'

interface Compiled {
  readonly sql: string
  readonly params?: readonly unknown[]
}

function isFragment(query: unknown): query is Compiled | { compile(): Compiled } {
  if (typeof query !== 'object' || query === null) return false
  return 'compile' in query || ('sql' in query && typeof query.sql === 'string')
}

/** `raw()` fragments and query builders carry their values apart; the platform writes them as literals. */
function listQueries(instance: MikroMigration, { driver, name }: Origin): string[] {
  return instance.getQueries().map((query: unknown) => {
    if (typeof query === 'string') return query
    if (!isFragment(query)) {
      const reason = `addSql() is given ${inspect(query)}, and takes a text of SQL`
      throw failure('MIGRATION_UNREADABLE', { file: name, reason, advice: CORRECT })
    }
    const compiled = 'compile' in query ? query.compile() : query
    return driver.getPlatform().formatQuery(compiled.sql, compiled.params ?? [])
  })
}

/**
 * Statements and checks by their parse trees; code by the text of its file, blind only to white space, to which
 * a byte order mark belongs. The class as it was loaded would not do: each compiler of TypeScript makes another
 * text of it.
 */
async function makeChecksums(
  content: Omit<Migration, 'name' | 'checksum'>,
  { source, name }: Origin,
): Promise<Pick<Migration, 'checksum' | 'equivalents'>> {
  const runsCode = content.up.kind === 'code' || content.down.kind === 'code'
  const parts = {
    phase: content.phase,
    transactional: content.transactional,
    up: statementChecksums(content.up),
    down: statementChecksums(content.down),
    requires: await parseChecks(content.requires, name),
    ensures: await parseChecks(content.ensures, name),
    downRequires: await parseChecks(content.downRequires, name),
    replaces: content.replaces,
    keepRows: content.keepRows,
  }
  if (!runsCode) return { checksum: checksum(parts) }
  const text = source.replaceAll(/\s+/g, ' ').trim()
  const withSource = (whole: string) => checksum({ ...parts, source: whole })
  const others = [text, ` ${text}`, ` ${text} `]
  return { checksum: withSource(`${text} `), equivalents: others.map(withSource) }
}

function statementChecksums(body: Body): string | string[] {
  return body.kind === 'sql' ? body.statements.map((statement) => statement.checksum) : body.kind
}

async function parseChecks(checks: readonly Check[], migration: string) {
  return Promise.all(
    checks.map(async ({ query, says }) => {
      refuseNul(says, 'What a check says')
      const statements = await parseSql(query).catch((error: unknown) => {
        if (!(error instanceof SyntaxProblem)) throw error
        const { message: reason } = error
        throw failure('STATEMENT_UNUSABLE', { migration, statement: query, reason }, error)
      })
      return { query: statements.map(({ node }) => node), says }
    }),
  )
}
