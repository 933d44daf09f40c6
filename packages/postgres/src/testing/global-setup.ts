import { globSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { testDatabaseUrl } from './env.ts'
import { leaseGivenServer } from './given-server.ts'
import { startThrowAwayServer } from './throw-away-server.ts'

/** Gives a project its server before its first test file, and takes it away after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  refuseEmptyPlaces(project)
  const { server, close } = testDatabaseUrl
    ? await leaseGivenServer(testDatabaseUrl)
    : await startThrowAwayServer(project.getProvidedContext().postgresMajor)
  project.provide('testServer', server)
  return close
}

/** A folder that was renamed would no longer be tested on each major, and nobody would notice. */
function refuseEmptyPlaces({ name, config: { include, root } }: TestProject): void {
  for (const place of include) {
    if (globSync(place, { cwd: root }).length > 0) continue
    throw new Error(
      `No test file is at ${place}, which the project ${name} is to run. Mend vitest.config.ts.`,
    )
  }
}
