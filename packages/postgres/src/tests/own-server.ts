/**
 * A program that owns a server until it gets SIGINT or SIGTERM, for tests that kill it. Its argument
 * is the folder, and optionally the major; it prints the server as JSON once it is up.
 */
import { type Major, startServer } from '../index.ts'

const MAJORS: readonly Major[] = [15, 16, 17, 18]

const [, , folder = '', wanted = '18'] = process.argv
const major = MAJORS.find((major) => String(major) === wanted)
if (!major) throw new Error(`No such major: ${wanted}`)

const server = await startServer({ folder, major })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.stop())
process.stdout.write(`${JSON.stringify(server)}\n`)
