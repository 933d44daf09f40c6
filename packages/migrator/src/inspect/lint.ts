import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { readCatalog, type Catalog } from '../catalog/index.ts'
import { readText } from '../compiled/json-file.ts'
import { createStatements } from '../ddl/ddl.ts'
import { failure } from '../errors/index.ts'
import { lint, type LintedServer, type LintFinding } from '../lint/lint.ts'
import { toScript, type Script } from '../lint/script.ts'
import { readLintSettings } from '../lint/settings.ts'
import { DEFAULT_SCHEMA } from '../migration.ts'
import { compiledFolder } from '../project/compiled-project.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { readRunnable } from '../project/runnable.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { readMajor } from '../session/server-major.ts'
import { quoteName } from '../sql/quote-name.ts'
import { parseSql, SyntaxProblem } from '../sql/parse.ts'
import { findInSource } from './find-in-source.ts'

/** A finding of lint, and where its statement is. */
export interface PlacedFinding extends Omit<LintFinding, 'script'> {
  /** The path of the file. */
  readonly file: string
  /** Absent for a file that is no migration of the project. */
  readonly migration?: string
}

/** A migration that may be linted. */
export interface LintedMigration {
  readonly name: string
  readonly path: string
}

/**
 * Applies the rules of lint to the migrations of a project that `choose` chooses; the ones before them say what is there.
 * Where there is a database, the sizes of its tables count. Changes nothing.
 * Throws LINT_CONFIG_INVALID, and what reading the project and connecting throw.
 * @example
 * const findings = await lintProject(project, undefined, ({ name }) => name.endsWith('_jobs'))
 */
export async function lintProject(
  project: Project,
  database: DatabaseTarget | undefined,
  choose: (migration: LintedMigration, all: readonly LintedMigration[]) => boolean,
): Promise<readonly PlacedFinding[]> {
  const opened = await openProject(project)
  const settings = await readSettings(project)
  const server = database && (await withConnection(database, readServer))
  const folder = compiledFolder(project, opened.manifest)
  const runnable = await readRunnable(project, opened)
  await runnable.close()
  const entries = new Map(opened.manifest.migrations.map((entry) => [entry.name, entry]))
  const all = runnable.migrations.map(({ migration }) => {
    const entry = entries.get(migration.name)
    return { name: migration.name, path: join(folder, entry?.file ?? ''), migration, entry }
  })
  const chosen = new Set(all.filter((one) => choose(one, all)).map(({ name }) => name))
  const scripts = all.map(({ name, migration, entry }) => ({
    ...toScript(migration, entry?.phase),
    isOnlyKnown: !chosen.has(name),
  }))
  const findings = await lint(scripts, settings, server)
  const sources = new Map<string, string>()
  for (const { name, path } of all)
    if (findings.some(({ script }) => script === name))
      sources.set(name, (await readText(path)) ?? '')
  return findings.map(({ script, ...rest }) => ({
    ...rest,
    file: all.find(({ name }) => name === script)?.path ?? '',
    migration: script,
    line: findInSource(sources.get(script) ?? '', rest.statement),
  }))
}

/**
 * Applies the rules of lint to files of SQL in their order, whatever tool runs them. Where there is a database, its schema
 * and the sizes of its tables count. `project` is asked for its settings.
 * Throws SQL_UNREADABLE, LINT_CONFIG_INVALID, and what connecting throws.
 * @example
 * const findings = await lintFiles(['V2__add_index.sql'], undefined, undefined)
 */
export async function lintFiles(
  paths: readonly string[],
  project: Project | undefined,
  database: DatabaseTarget | undefined,
): Promise<readonly PlacedFinding[]> {
  const settings = project ? await readSettings(project) : readLintSettings(undefined)
  const scripts: Script[] = []
  for (const path of paths) scripts.push({ name: path, texts: [await readSql(path)] })
  const known =
    database &&
    (await withConnection(database, async (client) => ({
      server: await readServer(client),
      schema: writeSchema(await readCatalog(client)),
    })))
  const before = known ? [{ name: '', texts: known.schema, isOnlyKnown: true }] : []
  const findings = await lint([...before, ...scripts], settings, known?.server)
  return findings.map(({ script, ...rest }) => ({ ...rest, file: script }))
}

/** The text of a file that PostgreSQL's parser reads; editors put a byte order mark before it. */
async function readSql(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'there is no such file' : cause.message
    throw failure('SQL_UNREADABLE', { path, reason }, cause)
  })
  const sql = decode(bytes)
  if (sql === undefined) throw failure('SQL_UNREADABLE', { path, reason: 'it is no text in UTF-8' })
  await parseSql(sql).catch((cause: unknown) => {
    if (!(cause instanceof SyntaxProblem)) throw cause
    const { line, reason } = cause
    throw failure('SQL_UNREADABLE', { path, line, reason })
  })
  return sql
}

/** Undefined of another encoding: its names would be others, and UTF-16 has a NUL byte in every letter. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

async function readSettings(project: Project) {
  const loaded = await project.load([])
  await loaded.close()
  return readLintSettings(loaded.lintConfig)
}

/** The statements that make a schema, and its views: what a file of another tool meets. */
function writeSchema({ objects }: Catalog): string[] {
  const views = objects.flatMap((object) =>
    object.kind === 'view' ? [`create view ${object.identity} as ${object.definition}`] : [],
  )
  return [...createStatements(objects).statements.map(({ sql }) => sql), ...views]
}

/** Of partitioned tables the sum of the partitions; where one was never counted, the sum is unknown. */
const ROWS = `
  with recursive tree as (
    select oid as root, oid from pg_class where relkind in ('r', 'p', 'm')
    union all select root, inhrelid from tree join pg_inherits on inhparent = tree.oid
  )
  select n.nspname as schema, c.relname as name,
    case when bool_and(leaf.reltuples >= 0 or pg_relation_size(leaf.oid) = 0)
      then sum(greatest(leaf.reltuples, 0)) end::float8 as rows
  from tree join pg_class c on c.oid = root join pg_namespace n on n.oid = c.relnamespace
  join pg_class leaf on leaf.oid = tree.oid and leaf.relkind <> 'p'
  where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  group by c.oid, n.nspname, c.relname`

async function readServer(client: Client): Promise<LintedServer> {
  const { rows } = await client.query<{
    schema: string
    name: string
    rows: number | null
  }>(ROWS)
  const sizes = new Map<string, number | undefined>()
  for (const { schema, name, rows: count } of rows)
    sizes.set(quoteName(name, schema), count ?? undefined)
  return {
    major: await readMajor(client),
    rowsOf: ({ schema = DEFAULT_SCHEMA, name }) => sizes.get(quoteName(name, schema)),
  }
}
