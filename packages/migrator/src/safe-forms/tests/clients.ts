import { startLoad } from '../../testing/load.ts'

/** A process of eight clients of a table, four of which read and four write: `clients.ts URL TABLE`. Each message asks for the worst stall since the last one. */

const [url = '', table = ''] = process.argv.slice(2)
const loads = await Promise.all([1, 3, 5, 7].map((row) => startLoad(url, table, row)))
process.on('message', (what) => {
  if (what === 'stop') void Promise.all(loads.map((load) => load.stop())).then(() => process.exit())
  else process.send?.(Math.max(...loads.flatMap((load) => Object.values(load.worst()))))
})
process.send?.(0)
