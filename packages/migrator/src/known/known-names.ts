import type { Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toKey } from '../phase/release.ts'
import { readName } from '../sql/names.ts'

/** What statements have made, of which only the name is known. */
export class KnownNames {
  readonly #functions = new Set<string>()
  readonly #extensions = new Set<string>()

  addAll(others: KnownNames): void {
    for (const key of others.#functions) this.#functions.add(key)
    for (const name of others.#extensions) this.#extensions.add(name)
  }

  /** True of a function that was ever made, also where another migration drops it: that may wait for long. */
  hadFunction(name: Name): boolean {
    return this.#functions.has(toKey(name))
  }

  hadExtension(name: string): boolean {
    return this.#extensions.has(name)
  }

  learn(node: Node): void {
    if ('CreateFunctionStmt' in node)
      this.#functions.add(
        toKey(readName({ List: { items: node.CreateFunctionStmt.funcname ?? [] } })),
      )
    if ('CreateExtensionStmt' in node) this.#extensions.add(node.CreateExtensionStmt.extname ?? '')
  }
}
