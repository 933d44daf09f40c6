import { splitIdentity } from '../catalog/identity.ts'
import type { Catalog } from '../catalog/index.ts'
import {
  LOCK_MODES,
  type Body,
  type Direction,
  type LockMode,
  type Migration,
  type Statement,
  type TableLock,
  type Through,
} from '../migration.ts'
import { listLocks } from '../locks/lock-targets.ts'
import { cutSegments, type PositionedStatement } from '../plan/segments.ts'
import { describeLosses } from './describe-losses.ts'
import type {
  DescribedBody,
  DescribedLock,
  DescribedMigration,
  DescribedStatement,
} from './described-migration.ts'
import { findInSource } from './find-in-source.ts'
import type { PlacedFinding } from './lint.ts'

/** A migration as it was compiled, and what else is known of it. */
export interface KnownSource {
  readonly migration: Migration
  readonly file: string
  /** The text of that file. */
  readonly source: string
  /** The schema before it, where it is recorded. */
  readonly before: Catalog | undefined
}

/** What migrations are, from their compiled form and from what lint finds in them. Pure. */
export function describeMigrations(
  known: readonly KnownSource[],
  findings: readonly PlacedFinding[],
): DescribedMigration[] {
  return known.map((one) => {
    const { migration, file } = one
    const { name, phase, breaks = [], phaseException, allow = {} } = migration
    return {
      name,
      file,
      phase,
      breaks,
      ...(phaseException !== undefined && { phaseException }),
      up: describeBody(one, 'up'),
      down: describeBody(one, 'down'),
      requires: migration.requires,
      ensures: migration.ensures,
      downRequires: migration.downRequires,
      hazards: findings
        .filter((finding) => finding.migration === name)
        .map(({ rule, level, says, instead, line }) => ({ rule, level, says, instead, line })),
      allow,
      downLoses: statementsOf(migration.down).flatMap(({ dataLosses }) =>
        describeLosses(dataLosses),
      ),
    }
  })
}

function describeBody(known: KnownSource, direction: Direction): DescribedBody {
  const { migration } = known
  const body = migration[direction]
  if (body.kind === 'code') return { kind: 'code' }
  if (body.kind === 'none') return body
  const segments = cutSegments(migration, direction, [...body.statements.keys()])
  return {
    kind: 'sql',
    segments: segments
      .filter(({ statements }) => statements.length > 0)
      .map(({ mode, statements }) => ({
        mode,
        statements: statements.map((statement) =>
          describeStatement(statement, known, direction === 'up' ? isOnOwnTable : () => false),
        ),
      })),
  }
}

function statementsOf(body: Body): readonly Statement[] {
  return body.kind === 'sql' ? body.statements : []
}

function describeStatement(
  statement: PositionedStatement,
  known: KnownSource,
  isOfNoConcern: (lock: TableLock, known: KnownSource) => boolean,
): DescribedStatement {
  const { sql, hasUnknownLocks } = statement
  return {
    sql,
    line: findInSource(known.source, sql),
    locks: withoutDoubles(
      listLocks(statement)
        .filter((lock) => !isOfNoConcern(lock, known))
        .flatMap(describeLock),
    ).toSorted((a, b) => strength(b) - strength(a)),
    hasUnknownLocks,
  }
}

/** Each part of an ALTER TABLE has locks of its own. */
function withoutDoubles(locks: readonly DescribedLock[]): DescribedLock[] {
  return [...new Map(locks.map((lock) => [JSON.stringify(lock), lock])).values()]
}

/** True of a table that the migration itself makes, and that is not there before: nobody else waits for it. */
function isOnOwnTable(
  { schema, table }: TableLock,
  { migration: { up }, before }: KnownSource,
): boolean {
  const isMade = statementsOf(up).some(({ effects }) =>
    effects.some(({ key, change }) => change === 'makes' && key === `table ${table}`),
  )
  if (!isMade || !before) return false
  return before.objects.every(({ kind, identity }) => {
    if (kind !== 'table' && kind !== 'view' && kind !== 'materialized-view') return true
    const [owner, name] = splitIdentity(identity)
    return name !== table || (schema !== undefined && schema !== owner)
  })
}

/** What a lock keeps others from. Weaker ones keep nobody from reading and writing. */
const KEEPS_FROM: Partial<Record<LockMode, DescribedLock['keepsOthersFrom']>> = {
  SHARE: 'writing',
  'SHARE ROW EXCLUSIVE': 'writing',
  EXCLUSIVE: 'writing',
  'ACCESS EXCLUSIVE': 'reading and writing',
}

/** In words before the name in the text. Where there is always one, the lock is certain. */
const FOUND_THROUGH: Readonly<Record<Through, readonly [words: string, isCertain: boolean]>> = {
  index: ['the table of the index', true],
  statistics: ['the table of the statistics', true],
  indexes: ['the indexes of', false],
  descendants: ['what inherits from', false],
  partitions: ['the partitions of', false],
  inheriting: ['the tables that inherit from', false],
  parent: ['the table of which it is a partition:', false],
  default: ['the default partition of', false],
  references: ['the tables that are referenced by', false],
  'referenced-by': ['the tables that reference', false],
  'emptied-with': ['the tables that are emptied with', false],
  typed: ['the tables of the type', false],
  holding: ['the tables with values of the type', false],
  views: ['the views of', false],
  domain: ['the tables with a column of the domain', false],
  schema: ['all of the schema', false],
  'kept-with': ['the table and what its rows take along:', true],
}

function describeLock(lock: TableLock): DescribedLock[] {
  const { schema, table, through, mode, work } = lock
  const keepsOthersFrom = KEEPS_FROM[mode]
  if (keepsOthersFrom === undefined) return []
  const name = schema === undefined ? table : `${schema}.${table}`
  const [words, isCertain] = through ? FOUND_THROUGH[through] : ['', true]
  return [
    {
      mode,
      on: `${words} ${name}`.trimStart(),
      keepsOthersFrom,
      ...(work && { work }),
      isConditional: !isCertain,
    },
  ]
}

/** Those that are certain come first. */
function strength({ mode, isConditional }: DescribedLock): number {
  return LOCK_MODES.indexOf(mode) - (isConditional ? LOCK_MODES.length : 0)
}
