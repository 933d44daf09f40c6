import { createHash } from 'node:crypto'
import { escapeLiteral, type Client } from 'pg'
import { query } from './chain.ts'
import { readFacts } from './facts.ts'

/**
 * All that a stopped run has left for the next one, as a hash of each row of each table, the migrator's own
 * included. Two databases with the same hash go on alike, so the next run need be tried on one of them only.
 *
 * Left out is what no run decides by: when something was, how long it took, and what is counted up by
 * transactions that were rolled back. The server's numbers differ by chance, and a run only asks which are the same
 * and which is older: a transaction is told by its place in their order, and an object by its name.
 */
export async function readLeft(client: Client): Promise<string> {
  const all = (await readLines(client)).join('\n')
  return createHash('sha256').update(all).digest('hex')
}

async function readLines(client: Client): Promise<string[]> {
  const relations = await query(
    client,
    `select oid::regclass::text as name from pg_class
      where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'migrator', 'migrator_archive')
      order by 1`,
  )
  const parts = relations.map(({ name }) => {
    const table = String(name)
    return `select ${escapeLiteral(table)} as name, xmin::text::bigint as xid, to_jsonb(t) as row from only ${table} t`
  })
  const rows = (parts.length === 0
    ? []
    : await query(client, parts.join(' union all '))) as unknown as Row[]
  const places = inOrder(rows.flatMap(({ xid, row }) => [xid, ...transactionsIn(row)]))
  const lines = rows.map(({ name, xid, row }) => {
    const kept = Object.entries(row).filter(([key]) => !PASSING.has(key))
    const facts = withPlaces(row['facts'], xid, places)
    const told = withPlaces({ ...Object.fromEntries(kept), facts }, xid, places)
    return `${name} ${places.get(xid)} ${JSON.stringify(told)}`
  })
  const renamed = withNumbers(lines.join('\n'), await namesOfObjects(client))
  return [...renamed.split('\n').toSorted(), ...(await readFacts(client))]
}

interface Row {
  readonly name: string
  readonly xid: string
  readonly row: Readonly<Record<string, unknown>>
}

const PASSING = new Set(['id', 'at', 'executed_at', 'duration_ms', 'lock_wait_ms', 'bytes'])

/** What the archive calls the numbers of transactions. */
const TRANSACTIONS = new Set(['stamp', 'version', 'written'])

function transactionsIn(row: Row['row']): string[] {
  const found: string[] = []
  JSON.stringify(row, (key, value: unknown) => {
    if (TRANSACTIONS.has(key)) found.push(String(value))
    return value
  })
  return found
}

/** What the journal calls those inside of a transaction: with its own, where another session is at work. */
const INNER = 'versions'

/** Inner ones of which no row bears the number say nothing; nor does what has nothing left then. */
function withPlaces(value: unknown, own: string, places: ReadonlyMap<string, number>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (TRANSACTIONS.has(key)) return [[key, places.get(String(inner)) ?? inner]]
    if (key !== INNER) return [[key, inner]]
    const borne = [inner].flat().filter((xid) => String(xid) !== own && places.has(String(xid)))
    return borne.length > 0 ? [[key, borne.map((xid) => places.get(String(xid)))]] : []
  })
  return entries.length > 0 ? Object.fromEntries(entries) : null
}

/** The place of each transaction in their order. */
function inOrder(all: readonly string[]): Map<string, number> {
  const xids = new Set(all.filter((xid) => /^\d+$/.test(xid)))
  return new Map([...xids].toSorted((a, b) => Number(a) - Number(b)).map((xid, i) => [xid, i]))
}

/** Objects by their OID, as far as the database made it: the journal and the archive note some. */
async function namesOfObjects(client: Client): Promise<Map<string, string>> {
  const rows = await query(
    client,
    `select oid::text, oid::regclass::text as name from pg_class where oid >= 16384
     union all select oid::text, 'this database' from pg_database where datname = current_database()`,
  )
  return new Map(rows.map(({ oid, name }) => [String(oid), String(name)]))
}

/** Names of chance, like the OID of what is gone, are told apart by the order in which they appear. */
function withNumbers(text: string, objects: ReadonlyMap<string, string>): string {
  const seen = new Map<string, number>()
  const number = (name: string) => {
    if (!seen.has(name)) seen.set(name, seen.size)
    return `#${seen.get(name)}`
  }
  return text
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, number)
    .replaceAll(/\b[0-9a-f]{32}\b/g, number)
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.:+Z]*/g, 'T')
    .replaceAll(/-?\b\d{5,}\b/g, (oid) => objects.get(oid) ?? number(oid))
}

/** Does something once for each state: a database that was left like another one is as good as that one. */
export class OncePerState {
  readonly #results = new Map<string, Promise<string[]>>()

  get size(): number {
    return this.#results.size
  }

  do(state: string, work: () => Promise<string[]>): Promise<string[]> {
    const known = this.#results.get(state)
    if (known) return known
    const result = work()
    this.#results.set(state, result)
    return result
  }
}
