import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Written } from './case.ts'
import type { Order } from './writer.ts'

/** No write may hang the run: they have timeouts of their own, well below this. */
const PATIENCE_MS = 60_000

/** The thread that writes; `write` stands still until it has, `written` tells what it did. */
export class WriterThread {
  readonly #flag = new SharedArrayBuffer(4)
  readonly #worker = new Worker(new URL('writer.ts', import.meta.url), { workerData: this.#flag })
  #answers: Promise<Written[]>[] = []

  constructor() {
    this.#worker.unref()
    this.#worker.setMaxListeners(0)
  }

  /** Blocks this thread until all is written. */
  write(order: Order): void {
    const flag = new Int32Array(this.#flag)
    Atomics.store(flag, 0, 0)
    this.#answers.push(once(this.#worker, 'message').then(([answer]) => answer as Written[]))
    this.#worker.postMessage(order, [])
    if (Atomics.wait(flag, 0, 0, PATIENCE_MS) === 'timed-out') throw new Error('The writer hangs.')
  }

  /** What was written since the last call. */
  async written(): Promise<Written[]> {
    return (await Promise.all(this.#answers.splice(0))).flat()
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
