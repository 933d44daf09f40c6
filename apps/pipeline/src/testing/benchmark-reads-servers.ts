/** What `benchmark-reads.ts` asks, in a process of its own: the API, and a bare route with one query. */
import { fastify } from 'fastify'
import { Pool } from 'pg'
import { openDatabase } from '../database.ts'
import { appOn } from './app.ts'
import { API_KEY } from './service.ts'

const [url = '', project = ''] = process.argv.slice(2)
const pool = new Pool({ connectionString: url, max: 10 })
const bare = fastify()
bare.get('/', async () => {
  const { rows } = await pool.query('select id, name from projects where id = $1', [project])
  return rows[0]
})
const app = await appOn(openDatabase(url), { apiKeys: [API_KEY] })
const listen = { port: 0, host: '127.0.0.1' }
process.send?.({ bare: await bare.listen(listen), api: await app.listen(listen) })
/** Asked how long it has worked, in microseconds. */
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
process.once('disconnect', () => process.exit())
