import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { failure } from '../errors/index.ts'

/** The files of a repository, by their whole paths, that are new or changed since a revision. Throws PROJECT_INVALID. */
export async function listChangedSince(
  revision: string,
  folder: string,
): Promise<ReadonlySet<string>> {
  const root = (await git(['rev-parse', '--show-toplevel'], folder)).trim()
  // What was changed on the other side since the two have parted is not ours.
  const base = (await git(['merge-base', revision, 'HEAD'], folder)).trim()
  const changed = await git(['diff', '--name-only', '-z', '--diff-filter=d', base, '--'], root)
  const untracked = await git(['ls-files', '--others', '--exclude-standard', '-z'], root)
  const paths = `${changed}${untracked}`.split('\0').filter((path) => path !== '')
  return new Set(paths.map((path) => resolve(root, path)))
}

function git(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile('git', args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (!error) return done(stdout)
      const [first = error.message] = stderr.trim().split('\n')
      return fail(failure('PROJECT_INVALID', { reason: `git says: ${first}.` }, error))
    })
  })
}
