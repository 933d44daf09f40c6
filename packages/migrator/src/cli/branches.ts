import { basename, dirname } from 'node:path'
import { failure } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import type { Branches } from '../project/rebase.ts'
import { gitIfAny, NO_REVISION, requireRepository } from './git.ts'

/** Where git has the other side while a merge, a rebase or a cherry-pick waits for its conflicts to be resolved. */
const OTHER_SIDES = ['MERGE_HEAD', 'REBASE_HEAD', 'CHERRY_PICK_HEAD']

/**
 * What git knows of this branch and of the revision `onto`; `instead` is what works without git. Throws NO_REPOSITORY,
 * ONTO_UNKNOWN.
 */
export async function readBranches(
  manifestPath: string,
  onto: string,
  instead: readonly NextStep[] = [],
): Promise<Branches> {
  const folder = dirname(manifestPath)
  await requireRepository(folder, instead)
  const [revision] = await findCommits([onto], folder)
  if (revision === undefined) throw failure('ONTO_UNKNOWN', { onto, reason: NO_REVISION })
  const show = (commit: string) =>
    gitIfAny(['show', `${commit}:./${basename(manifestPath)}`], folder)
  const tips = await findCommits(['HEAD', ...OTHER_SIDES], folder)
  const manifest = await show(revision)
  const replayed = (await isReplayed(revision, folder)) ? await show('HEAD') : undefined
  const released = listNames(manifest)
  const own = [...listNames(replayed)].filter((name) => !released.has(name))
  return {
    onto,
    manifest: replayed ?? manifest,
    knownTo: async (path) =>
      new Set([...own, ...listNames(await show(await findOrigin(path, tips)))]),
    sidesOf: readSides,
  }
}

/**
 * While git replays commits of this branch, one by one, on the revision: those that it has replayed stay, and the author
 * of the next one had them, under the names that they had then.
 */
async function isReplayed(revision: string, folder: string): Promise<boolean> {
  const replaying = await findCommits(['REBASE_HEAD', 'CHERRY_PICK_HEAD'], folder)
  const args = ['merge-base', '--is-ancestor', revision, 'HEAD']
  return replaying.length > 0 && (await gitIfAny(args, folder)) !== undefined
}

/** The commits that these revisions are; those that there are. */
async function findCommits(revisions: readonly string[], folder: string): Promise<string[]> {
  const found = await Promise.all(
    revisions.map((revision) =>
      gitIfAny(['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`], folder),
    ),
  )
  return found.flatMap((commit) => (commit === undefined ? [] : [commit.trim()]))
}

/** The newest commit that has added the file; the present one where none has. */
async function findOrigin(path: string, tips: readonly string[]): Promise<string> {
  const args = ['log', '-1', '--format=%H', '--diff-filter=A', '--no-renames', ...tips, '--']
  const added = await gitIfAny([...args, basename(path)], dirname(path))
  return added?.trim() || 'HEAD'
}

/** The migrations of a manifest, which may have the conflict of a merge. */
function listNames(manifest = ''): ReadonlySet<string> {
  return new Set([...manifest.matchAll(/"name":"((?:[^"\\]|\\.)*)"/g)].map(([, name = '']) => name))
}

/** The three versions of a file with a conflict, which git keeps until it is resolved. */
const readSides: Branches['sidesOf'] = async (path) => {
  const [base, ours, theirs] = await Promise.all(
    [1, 2, 3].map((stage) => gitIfAny(['show', `:${stage}:./${basename(path)}`], dirname(path))),
  )
  return ours === undefined || theirs === undefined ? undefined : { base, ours, theirs }
}
