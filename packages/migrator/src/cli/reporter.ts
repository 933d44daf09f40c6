import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors/index.ts'
import type { Reporter } from '../inspect/reporter.ts'
import type { Project } from '../project/project.ts'

/** Imports the package that draws and prints, which is the project's own. Throws PROJECT_INVALID. */
export async function loadReporter({ manifestPath }: Project): Promise<Reporter> {
  const path = findReporter(manifestPath)
  const loaded: { readonly default: Reporter } = await import(pathToFileURL(path).href)
  return loaded.default
}

function findReporter(manifestPath: string): string {
  try {
    return createRequire(manifestPath).resolve('@techfacts/report')
  } catch (error) {
    const reason =
      'The package @techfacts/report is not installed here. Install it: npm install --save-dev @techfacts/report.'
    throw failure('PROJECT_INVALID', { reason }, error)
  }
}
