import type { DropStmt, IndexStmt, Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownTable } from '../known/known-table.ts'
import type { Check, Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { requireSize } from './index-size.ts'
import { indexPartitions, noOtherPartitions } from './partitioned.ts'
import { writeIsSet } from './null-tests.ts'
import { allComputed, noDuplicates } from './pre-checks.ts'
import { ended, type SafeForm } from './safe-form.ts'
import { rowsOf } from './table.ts'

/** CREATE INDEX holds up every write of its table while it builds; CONCURRENTLY holds up none. */
export async function indexSafely(
  index: IndexStmt,
  sql: string,
  known: KnownObjects,
): Promise<SafeForm> {
  const { idxname, relation, unique, indexParams = [], whereClause, nulls_not_distinct } = index
  // The parser leaves out what is false: ONLY, of a partitioned table.
  const isOne = relation?.inh === true && idxname !== undefined
  const isPartitioned = known.table(toName(relation))?.isPartitioned === true
  if (!isOne || index.concurrent) return { statements: [ended(sql)] }
  const statements = isPartitioned
    ? await indexPartitions(index, known)
    : [ended(sql.replace(/^create\s+(unique\s+)?index/i, '$& concurrently'))]
  if (!statements) return { statements: [ended(sql)] }
  const where = whereClause && (await deparseSql(whereClause))
  const computed = await listComputed(indexParams)
  const table = rowsOf(relation, known)
  const checks = [
    ...(computed.length > 0 && !unique
      ? [allComputed({ table, values: computed, about: quoteName(idxname), where })]
      : []),
    ...(isPartitioned ? [noOtherPartitions(toName(relation), known)] : []),
    ...(await sizeOf(index, idxname, known)),
  ]
  if (!unique) return { statements, requires: checks, isAlone: true }
  const keys = await Promise.all(indexParams.map(keyOf))
  const check = noDuplicates({
    table,
    name: idxname,
    keys,
    set: indexParams.map((param, n) => {
      const { name } = 'IndexElem' in param ? param.IndexElem : {}
      return name === undefined
        ? `${keys[n] ?? ''} is not null`
        : writeIsSet(toName(relation), name, known)
    }),
    where,
    areNullsEqual: nulls_not_distinct === true,
  })
  return { statements, requires: [check, ...checks], isAlone: true }
}

/** Expressions, each in brackets, which PostgreSQL computes of every row. */
async function listComputed(params: readonly Node[]): Promise<string[]> {
  const expressions = params.flatMap((one) =>
    'IndexElem' in one ? (one.IndexElem.expr ?? []) : [],
  )
  return Promise.all(expressions.map(async (one) => `(${await deparseSql(one)})`))
}

async function sizeOf(index: IndexStmt, name: string, known: KnownObjects): Promise<Check[]> {
  const { relation, accessMethod = 'btree', indexParams, whereClause } = index
  if (accessMethod !== 'btree') return []
  const elements = [indexParams, index.indexIncludingParams].flatMap((list) =>
    nodesIn(list ?? [], 'IndexElem'),
  )
  const columns = elements.flatMap(({ name: column }) =>
    typeof column === 'string' ? [column] : [],
  )
  const where = whereClause && (await deparseSql(whereClause))
  return requireSize(
    { relation: toName(relation), table: rowsOf(relation, known), name, columns, where },
    known,
  )
}

async function keyOf(param: Node): Promise<string> {
  if (!('IndexElem' in param)) return ''
  const { name, expr, collation = [] } = param.IndexElem
  const key = name === undefined ? (expr ? `(${await deparseSql(expr)})` : '') : quoteName(name)
  if (collation.length === 0) return key
  const { name: rules, schema } = readName({ List: { items: collation } })
  return `${key} collate ${quoteName(rules, schema)}`
}

/**
 * DROP INDEX waits for every query of its table, and all others wait behind it. CONCURRENTLY drops one index that is no
 * constraint's and no partitioned table's, and nothing that depends on it.
 */
export function dropIndexSafely(drop: DropStmt, sql: string, known: KnownObjects): SafeForm {
  const { removeType, objects = [], behavior, missing_ok: mayBeMissing } = drop
  const names = objects.map(readName)
  if (removeType !== 'OBJECT_INDEX') return { statements: [ended(sql)] }
  const isParted = names.some((name) => ownerOf(name)?.isPartitioned)
  if (isParted) return { statements: [ended(sql)], allow: { 'drop-index-blocks': PARTITIONED } }
  if (behavior === 'DROP_CASCADE' || names.some(isOfConstraint)) return { statements: [ended(sql)] }
  if (drop.concurrent && names.length === 1) return { statements: [ended(sql)] }
  const start = `drop index concurrently ${mayBeMissing ? 'if exists ' : ''}`
  return {
    statements: names.map(({ name, schema }) => ended(`${start}${quoteName(name, schema)}`)),
    isAlone: true,
  }

  function ownerOf(index: Name): KnownTable | undefined {
    const owner = known.ownerOf(index)
    return owner && known.table(owner)
  }

  function isOfConstraint(index: Name): boolean {
    return ownerOf(index)?.constraints.has(index.name) === true
  }
}

const PARTITIONED = 'PostgreSQL drops no index of a partitioned table CONCURRENTLY'
