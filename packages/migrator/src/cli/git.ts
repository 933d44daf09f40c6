import { execFile } from 'node:child_process'
import { failure } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import type { NextStep } from '../errors/next-step.ts'

/** A clone may have none of the other side: https://git-scm.com/docs/git-remote#Documentation/git-remote.txt-set-head */
export const NO_REVISION =
  'git has no such revision here. Fetch it; of origin/HEAD, `git remote set-head origin --auto` says which one it is'

const NO_GIT = 'git is not there: install it, or add its folder to PATH.'

/** Throws NO_REPOSITORY; `instead` is what works without one. */
export async function requireRepository(
  folder: string,
  instead: readonly NextStep[] = [],
): Promise<void> {
  await git(['rev-parse', '--git-dir'], folder).catch((error: unknown) => {
    throw failure('NO_REPOSITORY', { folder, reason: messageFrom(error), next: instead }, error)
  })
}

/** Runs git, and returns what it prints. Throws PROJECT_INVALID with its words. */
export function git(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile('git', args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (!error) return done(stdout)
      const [first = ''] = stderr.trim().split('\n')
      const reason = error.code === 'ENOENT' ? NO_GIT : `git says: ${first || error.message}.`
      return fail(failure('PROJECT_INVALID', { reason }, error))
    })
  })
}

/** The same; undefined where git finds nothing. */
export function gitIfAny(args: readonly string[], cwd: string): Promise<string | undefined> {
  return git(args, cwd).catch(() => undefined)
}
