import type { Node } from '@pgsql/types'
import { toKey } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'

/**
 * Statements in which a routine is made before the first one that calls it, in a check, a default, a trigger or a view:
 * MikroORM makes its routines last.
 */
export async function makeBeforeCalls(statements: readonly string[]): Promise<readonly string[]> {
  const nodes = await Promise.all(statements.map(readOne))
  const ordered = statements.map((text) => [text])
  for (const [n, node] of nodes.entries()) {
    if (!node || !('CreateFunctionStmt' in node)) continue
    const name = keyOf(node.CreateFunctionStmt.funcname)
    const first = nodes.findIndex((one) => one && listCalls(one).includes(name))
    if (first >= 0 && first < n) ordered[first]?.splice(-1, 0, ...(ordered[n]?.splice(-1) ?? []))
  }
  return ordered.flat()
}

/** The same of a text; as it is, where PostgreSQL cannot read it. */
export async function makeBeforeCallsOf(script: string): Promise<string> {
  const parsed = await parseSql(script).catch(() => [])
  if (!parsed.some(({ node }) => 'CreateFunctionStmt' in node)) return script
  const ordered = await makeBeforeCalls(parsed.map(({ sql }) => sql))
  return ordered.map((sql) => `${sql};\n`).join('')
}

function listCalls(node: Node): string[] {
  const called = nodesIn(node, 'FuncCall').map(({ funcname }) => keyOf(funcname))
  return 'CreateTrigStmt' in node ? [...called, keyOf(node.CreateTrigStmt.funcname)] : called
}

/** `public.f` and `f` are one. */
function keyOf(names: unknown): string {
  return toKey(readName({ List: { items: (names ?? []) as Node[] } }))
}
