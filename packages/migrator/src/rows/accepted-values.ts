import { findBaseValues } from './base-values.ts'
import { attempt } from './attempt.ts'
import { randomFor } from './random.ts'
import { satisfyAll } from './satisfy.ts'
import { writeLiteral, type Common, type Scene } from './scene.ts'
import type { Table } from './tables.ts'
import type { Domain, ValueType } from './types.ts'
import { drawValue, listEdges, type AcceptedValues, type Value } from './values.ts'

/** How many are tried after the last one that was new. */
const TRIES = 40

/**
 * Values of the domains of these tables, and of types that are not known here, which PostgreSQL accepts: `wanted` of each
 * beside those at its edges, if there are as many.
 */
export async function findAcceptedValues(
  tables: readonly Table[],
  common: Omit<Common, 'accepted' | 'random'>,
  seed: number,
  wanted: number,
): Promise<AcceptedValues> {
  const accepted = new Map<string, readonly Value[]>()
  const types = tables.flatMap(({ columns }) => columns.flatMap(({ type }) => listJudged(type)))
  for (const type of types) {
    if (accepted.has(type.sql)) continue
    const random = randomFor(seed, type.sql)
    accepted.set(type.sql, await acceptValues({ ...common, random, accepted }, type, wanted))
  }
  return accepted
}

/** The parts of a type whose values PostgreSQL has to judge, the innermost first. */
function listJudged(type: ValueType): ValueType[] {
  switch (type.kind) {
    case 'base':
      return findBaseValues(type.name, type.size) ? [] : [type]
    case 'domain':
      return [...listJudged(type.base), type]
    case 'array':
      return listJudged(type.element)
    case 'composite':
      return type.attributes.flatMap(listJudged)
    default:
      return []
  }
}

async function acceptValues(common: Common, type: ValueType, wanted: number): Promise<Value[]> {
  const { random, accepted } = common
  const base = type.kind === 'domain' ? type.base : type
  const found = new Set<Value>()
  const edges = random.shuffle(listEdges(base, accepted))
  let lastNew = 0
  for (let n = 0; n < edges.length + wanted && n - lastNew < TRIES; n += 1) {
    const first = edges[n] ?? drawValue(base, random, accepted)
    const value = type.kind === 'domain' ? await mend(common, type, first) : first
    const outcome = await attempt(common.client, `select ${writeLiteral(value)}::${type.sql}`)
    if ('refusal' in outcome || found.has(value)) continue
    found.add(value)
    lastNew = n
  }
  return [...found]
}

/** The value changed until the CHECKs of its domain are met, if they tell how. */
async function mend(common: Common, domain: Domain, first: Value): Promise<Value> {
  const column = { name: 'value', type: domain.base, isNullable: true }
  const values = new Map([[column.name, first]])
  const redraw = () =>
    values.set(column.name, drawValue(domain.base, common.random, common.accepted))
  const scene: Scene = { ...common, name: 'domain', columns: [column], values, redraw }
  await satisfyAll(
    scene,
    domain.checks.flatMap((check) => common.texts.readExpression(check) ?? []),
  )
  return values.get(column.name) ?? null
}
