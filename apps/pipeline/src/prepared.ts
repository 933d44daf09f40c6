import { createHash } from 'node:crypto'
import { QueryNode, RawNode, type Kysely, type KyselyPlugin, type RootOperationNode } from 'kysely'
import type { PoolClient } from 'pg'

/** What ends a statement that is planned once for each connection. */
const MARK = '/* prepared */'

/**
 * The same session, with statements that are planned once for each connection: a job sends the same few again and
 * again, and to plan one takes longer than to run it. Their text must not depend on what is asked, since each text
 * is kept as long as its connection.
 */
export function prepared<Tables>(session: Kysely<Tables>): Kysely<Tables> {
  return session.withPlugin(MARKING)
}

const MARKING: KyselyPlugin = {
  transformQuery: ({ node }) => mark(node),
  transformResult: async ({ result }) => result,
}

function mark(node: RootOperationNode): RootOperationNode {
  if (QueryNode.is(node)) return QueryNode.cloneWithEndModifier(node, RawNode.createWithSql(MARK))
  if (!RawNode.is(node)) return node
  return {
    ...node,
    sqlFragments: [...node.sqlFragments.slice(0, -1), `${node.sqlFragments.at(-1)} ${MARK}`],
  }
}

/** Makes a connection prepare the statements that have the mark. */
export function prepareMarked(client: PoolClient): void {
  const send = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
  let generation = 0
  const query = (text: unknown, values: unknown, ...more: unknown[]) => {
    if (typeof text !== 'string' || !text.endsWith(MARK)) return send(text, values, ...more)
    return send({ text, values, name: `${nameOf(text)}_${generation}` }).catch((error: unknown) => {
      if (isOutdated(error)) generation++
      throw error
    })
  }
  Object.assign(client, { query })
}

/** A migration has changed the type of a column that the statement returns: as it is prepared, it fails for good. */
function isOutdated(error: unknown): boolean {
  const { code, routine } = error as { code?: string; routine?: string }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}

const names = new Map<string, string>()

/**
 * By its text, so that it means the same in every process: a pooler that gives the connections of one to another would else have
 * one run the statement of the other.
 */
function nameOf(text: string): string {
  const name = names.get(text) ?? createHash('md5').update(text).digest('hex')
  names.set(text, name)
  return name
}
