import { checkCommand, isKnownVariable } from './check-command.ts'
import type { Mention } from './mentions.ts'
import type { Repository } from './repository.ts'

/** What does not exist of the things that a document names, one sentence each. */
export function findProblems(mentions: readonly Mention[], repository: Repository): string[] {
  return [...new Set(mentions.flatMap((mention) => check(mention, repository)))]
}

function check({ kind, text }: Mention, repository: Repository): string[] {
  if (kind === 'command') return checkCommand(text, repository)
  if (kind === 'path') return isPath(text, repository) ? [] : [`no path ${text}`]
  if (kind === 'package') return isPackage(text, repository) ? [] : [`no package ${text}`]
  return isName(text, repository) ? [] : [`no variable or code ${text}`]
}

/** A path from the root, or the end of one: documents say `run/lock.ts` where the package is clear. */
function isPath(text: string, { paths }: Repository): boolean {
  const literal = text.replaceAll(/[.+]/g, String.raw`\$&`).replaceAll('*', '[^/]*')
  const pattern = new RegExp(`(^|/)${literal}/?$`)
  return paths.some((path) => pattern.test(path))
}

function isPackage(text: string, { packages, sources }: Repository): boolean {
  const [scope = '', name = '', ...rest] = text.split('/')
  const found = packages.find((each) => each.name === `${scope}/${name}`)
  if (!found) {
    // Another project's dependency: some source imports it.
    const isOurs = packages.some((each) => each.name.startsWith(`${scope}/`))
    return !isOurs && sources.includes(`'${text}`)
  }
  return rest.length === 0 || found.exports.includes(['.', ...rest].join('/'))
}

/** Error codes look like variables, and are words of some source. */
function isName(text: string, repository: Repository): boolean {
  return isKnownVariable(text, repository) || new RegExp(`\\b${text}\\b`).test(repository.sources)
}
