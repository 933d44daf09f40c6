import { resolve } from 'node:path'
import { git } from './git.ts'

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
