import type { TestDatabase } from '@techfacts/postgres/testing'
import { compare, type Mismatch, type Said } from '../compare.ts'
import { doOutside } from './done-outside.ts'
import { doInTransaction, openActor, readState, type Done } from './done.ts'
import type { Kind } from './kind.ts'
import { say } from './said.ts'

/** What came of a kind of statement: where PostgreSQL refuses it there is nothing to compare. */
export type Outcome =
  | { readonly kind: Kind; readonly refused: string }
  | { readonly kind: Kind; readonly mismatches: readonly string[] }

/** Databases with the tables of `shapes.ts`, where kinds are played one after another. */
export interface Stage extends AsyncDisposable {
  play(kind: Kind): Promise<Outcome>
}

/** `clone` makes a database of one's own; the first serves all statements that leave nothing. */
export async function openStage(clone: () => Promise<TestDatabase>, major: number): Promise<Stage> {
  const database = await clone()
  const [actor, speaker] = [await openActor(database.url), await openActor(database.url)]
  const before = await readState(actor)

  async function tryOut(kind: Kind): Promise<{ said: Said; done: Done }> {
    const { sql, given } = kind
    if (given === undefined) {
      return { said: await say(speaker, sql), done: await doInTransaction(actor, sql, before) }
    }
    await using own = await cloneWith(clone, given)
    await using client = await openActor(own.url)
    const said = await say(client, sql)
    return { said, done: await doInTransaction(client, sql, await readState(client)) }
  }

  return {
    async play(kind) {
      const { said, done: first } = await tryOut(kind).catch((error: unknown) => ({
        said: NOTHING_SAID,
        done: { refused: String(error) },
      }))
      const done = mustBeOutside(kind, first)
        ? await doOutside(kind.sql, [...said.deeds.keys()], async (work) => {
            await using own = await cloneWith(clone, kind.given)
            return await work(own.url)
          })
        : first
      if ('refused' in done) return { kind, refused: done.refused }
      const mayDoLess = kind.atWorst !== undefined || major < (kind.fullSince ?? 0)
      const mismatches = compare(said, done.deeds, done.relations, mayDoLess)
      return { kind, mismatches: mismatches.map(show) }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([actor.end(), speaker.end()])
      await database.drop()
    },
  }
}

const show = ({ relation, said, did }: Mismatch) => `${relation.name}: said ${said}, did ${did}`

const NOTHING_SAID: Said = { deeds: new Map(), isOpaque: false }

/** In a transaction PostgreSQL refuses it (25001), or does not count that a table was vacuumed or analyzed. */
function mustBeOutside({ sql }: Kind, done: Done): boolean {
  return /^(vacuum|analyze)/.test(sql) || ('refused' in done && done.refused.startsWith('25001'))
}

async function cloneWith(clone: () => Promise<TestDatabase>, given?: string) {
  const database = await clone()
  if (given === undefined) return database
  try {
    await using client = await openActor(database.url)
    await client.query(given)
    await client.query('analyze')
    return database
  } catch (error) {
    await database.drop()
    throw error
  }
}
