import { execFile } from 'node:child_process'
import { failure } from '../errors/index.ts'

/** Runs git, and returns what it prints. Throws PROJECT_INVALID with its words. */
export function git(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile('git', args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (!error) return done(stdout)
      const [first = error.message] = stderr.trim().split('\n')
      return fail(failure('PROJECT_INVALID', { reason: `git says: ${first}.` }, error))
    })
  })
}

/** The same; undefined where git finds nothing. */
export function gitIfAny(args: readonly string[], cwd: string): Promise<string | undefined> {
  return git(args, cwd).catch(() => undefined)
}
