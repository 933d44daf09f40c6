import type { Order } from './order.ts'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Written } from './case.ts'
/** No write may hang the run: they have timeouts of their own, well below this. */
const PATIENCE_MS = 60_000

/** What the thread is given when it starts. */
export interface Start {
  /** Turned to 1 when an order is done. */
  readonly flag: SharedArrayBuffer
  readonly port: MessageChannel['port1']
}

/** The thread that writes. */
export class WriterThread {
  readonly #flag = new SharedArrayBuffer(4)
  readonly #channel = new MessageChannel()
  readonly #worker: Worker

  constructor() {
    const port = this.#channel.port2
    const workerData: Start = { flag: this.#flag, port }
    this.#worker = new Worker(new URL('writer.ts', import.meta.url), {
      workerData,
      transferList: [port],
    })
    this.#worker.unref()
    this.#channel.port1.unref()
  }

  /** Stands still until all is written, and returns what was. */
  write(order: Order): readonly Written[] {
    const flag = new Int32Array(this.#flag)
    Atomics.store(flag, 0, 0)
    this.#channel.port1.postMessage(order, [])
    if (Atomics.wait(flag, 0, 0, PATIENCE_MS) === 'timed-out') throw new Error('The writer hangs.')
    return receiveMessageOnPort(this.#channel.port1)?.message as readonly Written[]
  }

  async close(): Promise<void> {
    this.#channel.port1.close()
    await this.#worker.terminate()
  }
}
