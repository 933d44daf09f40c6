import { Client } from 'pg'
import { diffCatalogs, type Catalog, type Difference } from '../index.ts'
import { changes, schemaOf, type Change } from './changes/index.ts'

/** What the changes' SQL expects in `public`. */
export const EXTENSIONS =
  'create extension "uuid-ossp"; create extension pg_trgm; create extension btree_gist'

/** What the changes of this server's version are. */
export async function changesOf(client: Client): Promise<Change[]> {
  const major = await majorOf(client)
  return changes.filter(({ since = 15 }) => since <= major)
}

export async function majorOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  )
  return rows[0]?.major ?? 0
}

/** Fills a template: what every change of this version must find, each in its own schema. */
export async function prepareChanges(url: string): Promise<void> {
  await using client = await connect(url)
  await client.query(EXTENSIONS)
  for (const change of await changesOf(client)) await give(client, change)
}

/** Makes a change's schema and what must be in it. */
export async function give(client: Client, change: Change): Promise<void> {
  await client.query(`create schema "${schemaOf(change)}"`)
  await apply(client, change, 'given')
}

export async function apply(
  client: Client,
  change: Change,
  step: 'given' | 'change' | 'revert',
): Promise<void> {
  const schema = schemaOf(change)
  try {
    await client.query(`set search_path = "${schema}", public`)
    await client.query(inSchema(change[step] ?? '', schema))
  } catch (cause) {
    throw new Error(`"${change.name}" failed in ${step}: ${String(cause)}`, { cause })
  }
}

/** Differences in the words of {@link Change.differs}. */
export function say(here: Catalog, there: Catalog): string[] {
  return diffCatalogs(here, there).map(sayOne).sort()
}

export function expected(change: Change): string[] {
  return change.differs.map((text) => inSchema(text, schemaOf(change))).sort()
}

function sayOne({ what, kind, identity, changes, possibleRenames }: Difference): string {
  const properties = changes.map(({ property }) => property).join(', ')
  return [
    `${what} ${kind} ${identity}${properties && `: ${properties}`}`,
    ...possibleRenames
      .filter((other) => ownerOf(other) === ownerOf(identity))
      .map((other) => `= ${other}`),
  ].join(' ')
}

/** The change that an object belongs to: what two changes have added may be equal as well. */
function ownerOf(identity: string): string | undefined {
  return /\w+/.exec(identity)?.[0]
}

function inSchema(text: string, schema: string): string {
  return text.replaceAll(/(?<![\w$])\$(?![\w$])/g, schema)
}

/** A client that ends with its scope. */
export async function connect(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}
