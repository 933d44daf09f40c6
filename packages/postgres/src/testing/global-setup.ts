import type { TestProject } from 'vitest/node'
import { testDatabaseUrl } from './env.ts'
import { leaseGivenServer } from './given-server.ts'
import { startThrowAwayServer } from './throw-away-server.ts'

/** Gives a project its server before its first test file, and takes it away after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { server, close } = testDatabaseUrl
    ? await leaseGivenServer(testDatabaseUrl)
    : await startThrowAwayServer(project.getProvidedContext().postgresMajor)
  project.provide('testServer', server)
  return close
}
