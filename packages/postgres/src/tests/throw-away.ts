/** A program that starts a throw-away server of the major in its argument and never closes it. */
import { startThrowAwayServer } from '../testing/throw-away-server.ts'

const { server } = await startThrowAwayServer(process.argv[2] === '15' ? 15 : 18)
process.stdout.write(`${server.url}\n`)
