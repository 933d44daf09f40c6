import { DEFAULT_SCHEMA, type Check, type Name } from '../migration.ts'
import { findBreaks, lostKeys } from '../phase/breaks.ts'
import { newRelease, toKey, type Release, type Rules } from '../phase/release.ts'
import { formsOf } from '../safe-forms/index.ts'
import { News } from '../safe-forms/news.ts'
import { GROWING, type Hazard } from './hazards.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { listWork } from './locks.ts'
import type { Context, Level, LintedStatement, Problem, Rule } from './rule.ts'
import { RULES } from './rules/index.ts'
import { unreadableStatement } from './rules/unreadable-statement.ts'
import { readScript, type PlacedStatement, type Script } from './script.ts'
import type { LintSettings } from './config.ts'
import { isRule, suggestRule } from './settings.ts'

/** What a rule says of a statement. */
export interface LintFinding {
  readonly rule: string
  readonly level: Level
  readonly hazards: readonly Hazard[]
  /** What is wrong with what, in one sentence. */
  readonly says: string
  readonly why: string
  /** What to do, in words. */
  readonly instead: string
  /** Absent of a finding on a whole migration. */
  readonly statement?: string
  /** The table that it is about, where there is one. */
  readonly table?: Name
  /** What the generator writes in its place. */
  readonly corrected?: CorrectedStatements
  /** The name of the script. */
  readonly script: string
  /** Of its text, from 1. */
  readonly line: number
}

/** Statements that do the same without the hazard. */
export interface CorrectedStatements {
  readonly statements: readonly string[]
  /** What must hold before them. */
  readonly requires: readonly Check[]
  /** False where they must not share a transaction. */
  readonly isTransactional: boolean
}

/** What is known of the database that the scripts are for. */
export interface LintedServer {
  /** Of PostgreSQL. */
  readonly major: number
  /** Rows of a table as the server estimates them; undefined where nobody has counted. */
  readonly rowsOf: (table: Name) => number | undefined
}

/** The forms of all major versions that the package runs on are those of the oldest. */
const LOWEST_MAJOR = 15

const NO_SERVER: LintedServer = { major: LOWEST_MAJOR, rowsOf: () => undefined }

/**
 * Applies the rules to scripts in their order; each knows what the ones before it have made. Pure. Throws a `SyntaxProblem` where PostgreSQL would refuse a text.
 * @example
 * const scripts = [{ name: 'V1.sql', texts: [readFileSync('V1.sql', 'utf8')] }]
 * for (const { line, says } of await lint(scripts, readLintSettings({}))) console.log(line, says)
 */
export async function lint(
  scripts: readonly Script[],
  settings: LintSettings,
  server: LintedServer = NO_SERVER,
): Promise<LintFinding[]> {
  const known = new KnownObjects()
  const functions = new Map<string, string>()
  let before: Rules = new Map()
  const findings: LintFinding[] = []
  for (const script of scripts) {
    const release = newRelease(before, functions)
    findings.push(...(await lintScript(script, { known, release, settings, server })))
    before = release.now
  }
  return findings
}

interface Course {
  readonly known: KnownObjects
  readonly release: Release
  readonly settings: LintSettings
  readonly server: LintedServer
}

async function lintScript(script: Script, course: Course): Promise<LintFinding[]> {
  const { known, release, server, settings } = course
  const statements = await readScript(script)
  const news = new News()
  const found: Found[] = []
  const worked = new Set<string>()
  for (const statement of statements) {
    const breaks = findBreaks(release, statement.node)
    const context: Context = {
      known,
      news,
      script: statements,
      worked,
      breaks: statement === statements.at(-1) ? [...breaks, ...lostKeys(release)] : breaks,
      isContract: script.migration?.isContract ?? false,
      requires: script.migration?.requires ?? [],
      isPlainFile: script.migration === undefined,
      major: server.major,
    }
    if (!script.isOnlyKnown)
      found.push(...(await lintStatement(script, statement, context, course)))
    for (const table of listWork(statement, context, ['ACCESS EXCLUSIVE'])) worked.add(toKey(table))
    news.add(statement.node, known)
    known.learn(statement.node)
  }
  if (script.isOnlyKnown) return []
  if (script.migration?.isCode) found.push(...judgeCode(script, settings))
  const allow = script.migration?.allow ?? {}
  const counting = sayOnce(found).filter(
    ({ finding, isSmall }) => !isSmall && !Object.hasOwn(allow, finding.rule),
  )
  return [...counting.map(({ finding }) => finding), ...findUnneeded(script, found, settings)]
}

interface Found {
  readonly rule: Rule
  readonly about: string
  readonly finding: LintFinding
  /** It does not count here, since the table is small. A reason for it is needed all the same: elsewhere it may be large. */
  readonly isSmall: boolean
}

async function lintStatement(
  script: Script,
  statement: PlacedStatement,
  context: Context,
  { settings, server }: Course,
): Promise<Found[]> {
  const findings: Found[] = []
  for (const rule of RULES) {
    const level = findLevel(rule, settings)
    if (level === 'off' || (rule.isOfPlainFiles && !context.isPlainFile)) continue
    const problems = await rule.check(statement, context)
    const counting = problems.filter(
      (one, n) =>
        problems.findIndex(({ about }) => about === one.about) === n &&
        counts(rule, one, context.news, settings),
    )
    if (counting.length === 0) continue
    const place = { script: script.name, line: statement.line }
    const corrected = await correct(rule, statement, context)
    const rest = { statement: statement.sql, ...(corrected && { corrected }), ...place }
    for (const { about, table } of counting) {
      const rows = table && server.rowsOf(table)
      const isSmall =
        rows !== undefined && rows < settings.smallTable && GROWING.has(rule.hazards[0])
      const finding = { ...describe(rule, level, about), ...rest, ...(table && { table }) }
      findings.push({ rule, about, finding, isSmall })
    }
  }
  return findings
}

function sayOnce(found: readonly Found[]): Found[] {
  return found.flatMap((one) => {
    const { rule, about, finding } = one
    const same = rule.isSaidOnce ? found.filter((other) => other.rule === rule) : [one]
    const others = new Set(same.map((other) => other.about)).size - 1
    if (same[0] !== one) return []
    if (others === 0) return [one]
    const says = `${about} (and ${others} more here): ${rule.problem}`
    return [{ ...one, finding: { ...finding, says } }]
  })
}

function findLevel({ id, level }: Rule, { rules }: LintSettings): Level | 'off' {
  return rules[id] ?? level
}

function describe({ id, hazards, problem, why, instead }: Rule, level: Level, about: string) {
  return { rule: id, level, hazards, says: `${about}: ${problem}`, why, instead }
}

/** A method that reaches for the database is a program, of which no rule can say anything. */
function judgeCode({ name }: Script, settings: LintSettings): Found[] {
  const level = findLevel(unreadableStatement, settings)
  const place = { script: name, line: 1 }
  if (level === 'off') return []
  const [rule, about] = [unreadableStatement, 'code']
  return [{ rule, about, finding: { ...describe(rule, level, about), ...place }, isSmall: false }]
}

/** Nobody uses a new table yet, and ignored schemas are another team's. */
function counts(
  { isOfNewTables }: Rule,
  { table }: Problem,
  news: News,
  { ignoredSchemas }: LintSettings,
): boolean {
  if (!table) return true
  if (ignoredSchemas.includes(table.schema ?? DEFAULT_SCHEMA)) return false
  return isOfNewTables || !news.has(table)
}

/** What the generator writes in place of a statement; undefined where a rule has another recipe, or there is no form. */
async function correct(
  { example }: Rule,
  { sql }: LintedStatement,
  { news, known }: Context,
): Promise<CorrectedStatements | undefined> {
  if (example.safe !== undefined) return undefined
  const forms = await formsOf(sql, { news: news.copy(), known, direction: 'up' })
  if (!forms.some((form) => form.isAlone)) return undefined
  return {
    statements: forms.flatMap(({ statements }) => statements),
    requires: forms.flatMap(({ requires = [] }) => requires),
    isTransactional: false,
  }
}

/** What is allowed without need is allowed to the next edit, too. */
function findUnneeded(
  { name, migration }: Script,
  found: readonly Found[],
  { rules }: LintSettings,
): LintFinding[] {
  const needed = new Set(found.map(({ finding }) => finding.rule))
  return Object.keys(migration?.allow ?? {})
    .filter((id) => !needed.has(id) && rules[id] !== 'off')
    .map((id) => ({
      ...UNNEEDED,
      says: isRule(id)
        ? `${id}: the migration allows it, and nothing in it breaks this rule.`
        : `${id}: the migration allows it, and there is no such rule (${suggestRule(id)}).`,
      script: name,
      line: 1,
    }))
}

/** What is reported of an entry of `allow` that nothing needs: no rule, since it is about the rules. */
export const UNNEEDED = {
  rule: 'unneeded-allow',
  level: 'warning',
  hazards: ['costs-later'],
  why: 'What is allowed without need is allowed to the next edit, too.',
  instead: 'Take the rule out of `allow`.',
} as const satisfies Partial<LintFinding>
