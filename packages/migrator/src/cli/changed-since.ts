import { resolve } from 'node:path'
import { failure } from '../errors/index.ts'
import { git, gitIfAny, NO_REVISION, requireRepository } from './git.ts'

/** The files of a repository, by their whole paths, that are new or changed since a revision. Throws NO_REPOSITORY, SINCE_UNKNOWN. */
export async function listChangedSince(
  revision: string,
  folder: string,
): Promise<ReadonlySet<string>> {
  await requireRepository(folder, [{ command: 'lint', why: 'To lint all of them' }])
  const commit = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]
  if ((await gitIfAny(commit, folder)) === undefined)
    throw failure('SINCE_UNKNOWN', { since: revision, reason: NO_REVISION })
  const root = (await git(['rev-parse', '--show-toplevel'], folder)).trim()
  // What was changed on the other side since the two have parted is not ours.
  const base = (await git(['merge-base', revision, 'HEAD'], folder)).trim()
  const changed = await git(['diff', '--name-only', '-z', '--diff-filter=d', base, '--'], root)
  const untracked = await git(['ls-files', '--others', '--exclude-standard', '-z'], root)
  const paths = `${changed}${untracked}`.split('\0').filter((path) => path !== '')
  return new Set(paths.map((path) => resolve(root, path)))
}
