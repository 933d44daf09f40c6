/**
 * A process beside a test run: whichever way the run ends (also by kill -9), its server goes. It is
 * started with an IPC channel, which closes when the run closes it or dies.
 */
import { removeServers } from './remove-servers.ts'

const [, , folder] = process.argv
if (folder !== undefined) process.once('disconnect', () => void removeServers(folder))
