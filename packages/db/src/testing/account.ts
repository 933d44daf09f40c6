import { readSchema, rows } from './database.ts'

/** Every row of a database by table and key, each value as the text of its JSON: JavaScript would round numbers. */
export type Images = Record<string, Record<string, string | null>>

const asText = (row: string) => `(select jsonb_object_agg(key, value) from jsonb_each_text(${row}))`

const TABLES = `select c.relname as name from pg_class c
  where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname !~ '_migrations$|^alembic'
  order by 1`

/** Reads all rows of the tables in `public`. */
export async function images(url: string): Promise<Images> {
  const found: Images = {}
  for (const { name } of await rows(url, TABLES)) {
    for (const { row } of await rows(
      url,
      `select ${asText('to_jsonb(t)')} as row from "${String(name)}" t`,
    )) {
      const image = row as Images[string]
      found[`${String(name)}/${String(image['id'] ?? image['domain'])}`] = image
    }
  }
  return found
}

/** Schema, rows, ledger and journal: what a refused adoption must not have changed. */
export async function everything(url: string) {
  const schemas = await rows(url, 'select nspname from pg_namespace order by 1')
  return { schema: await readSchema(url), images: await images(url), schemas }
}

/** Compares all rows with what they were: each kept, with what changed in it, or in quarantine; none may be lost. */
export async function account(
  url: string,
  before: Images,
): Promise<{ lost: string[]; text: string }> {
  const after = await images(url)
  const quarantine = await rows(
    url,
    `select relation, problem, decision, along_with, ${asText('row')} as row from migrator.quarantine order by id`,
  )
  const moved = new Map(
    quarantine.map(({ relation, row, ...why }) => {
      const image = row as Images[string]
      const key = `${String(relation).replace('public.', '')}/${String(image['id'] ?? image['domain'])}`
      return [key, { image, why }]
    }),
  )
  const lost = Object.keys(before).filter((key) => Boolean(after[key]) === moved.has(key))
  const lines = Object.entries(before).flatMap(([key, was]) => {
    const now = after[key]
    if (now) return [`${key}: kept`, ...changes(was, now)]
    return [
      `${key}: quarantined, ${JSON.stringify(moved.get(key)?.why)}`,
      ...changes(was, moved.get(key)?.image ?? {}),
    ]
  })
  const made = Object.keys(after)
    .filter((key) => !before[key])
    .map((key) => `${key.replace(/\/.*/, '')}: made, ${String(after[key]?.['name'])}`)
  return { lost, text: `${[...lines, ...made.sort()].join('\n')}\n` }
}

/** Values that are filled with the moment of the adoption, or with a new key, are shown as such. */
function changes(was: Images[string], now: Images[string]): string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(now)])]
    .sort()
    .filter((column) => JSON.stringify(was[column]) !== JSON.stringify(now[column]))
    .map((column) => `  ${column}: ${show(was[column])} → ${show(now[column])}`)
}

function show(value: unknown): string {
  if (value === undefined) return '(no such column)'
  const text = JSON.stringify(value)
  if (/^"20(2[5-9]|[3-9])/.test(text)) return 'the time of the adoption'
  return /^"[0-9a-f]{8}-[0-9a-f]{4}-4/.test(text) ? 'a new key' : text
}
