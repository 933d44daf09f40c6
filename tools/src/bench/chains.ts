import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../root.ts'

/** One migration of a chain, as every contender gets it. */
export interface Step {
  readonly name: string
  readonly sql: string
}

/** What a contender applies to an empty database. */
export interface Chain {
  readonly title: string
  readonly steps: readonly Step[]
}

/** So many small migrations, each one table. */
export function smallMigrations(count: number): Chain {
  return {
    title: `${count.toLocaleString('en')} small migrations`,
    steps: Array.from({ length: count }, (_, n) => ({
      name: stepName(n + 1, 'small'),
      sql: `create table t_${n + 1} (id int primary key, v text)`,
    })),
  }
}

const SEEDED_ROWS = 100

/** The eleven tables that the pipeline began with, and rows in them. */
export async function elevenTables(): Promise<Chain> {
  const schema = join(ROOT, 'packages/db/src/fixtures/generation-b.sql')
  return {
    title: '11 tables and a seed',
    steps: [
      { name: stepName(1, 'schema'), sql: withoutComments(await readFile(schema, 'utf8')) },
      {
        name: stepName(2, 'seed'),
        sql: `insert into projects (name, extraction_schema)
          select 'project ' || n, '{}' from generate_series(1, ${SEEDED_ROWS}) n`,
      },
    ],
  }
}

/** Some of the contenders read comments as instructions. */
function withoutComments(sql: string): string {
  return sql
    .replaceAll(/^--.*\n/gm, '')
    .trim()
    .replace(/;$/, '')
}

/** In the order of time, in the form that most of the contenders want. */
function stepName(n: number, word: string): string {
  return `Migration2026010100${String(n).padStart(4, '0')}_${word}`
}
