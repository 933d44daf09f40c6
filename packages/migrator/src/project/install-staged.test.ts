import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../sql/checksum.ts'
import { installStaged } from './install-staged.ts'
import { chainManifest, writeManifest } from './manifest-file.ts'
import type { LoadedMigration } from './rename-migration.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'install-'))
})
afterEach(() => rm(root, { recursive: true }))

const HEADER = { folder: '.', ledger: { table: 'ledger' } }

function migration(name: string): LoadedMigration {
  const checksum = sha256('')
  const body = { kind: 'sql', statements: [] } as const
  const rest = { up: body, down: body, requires: [], ensures: [], downRequires: [] }
  const value = { name, checksum, phase: 'expand', transactional: true, ...rest } as const
  return { migration: value, file: `${name}.ts`, bytes: checksum, compiled: checksum }
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted()
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])
  return Object.fromEntries(await Promise.all(texts))
}

test('where a file cannot be written, all are as they were', async () => {
  const [there, staged] = [join(root, 'project'), join(root, 'stage')]
  await mkdir(there)
  await mkdir(staged)
  await writeFile(join(there, 'M1.ts'), 'class M1')
  await writeFile(join(there, 'M1.json'), 'compiled')
  const project = { manifestPath: join(there, 'migrations.manifest.json'), load: () => never() }
  await writeManifest(project.manifestPath, chainManifest(HEADER, [migration('M1')]))
  const stage = join(staged, 'migrations.manifest.json')
  await writeManifest(stage, chainManifest(HEADER, [migration('M2')]))
  await writeFile(join(staged, 'M2.json'), 'compiled again')
  const before = await filesIn(there)
  const renamed = [{ from: migration('M1'), to: migration('M2'), text: 'class M2' }]
  const install = (snapshot: string) =>
    installStaged(
      project,
      { project: { ...project, manifestPath: stage }, folder: staged, header: HEADER },
      { folder: there, renamed, snapshot: { path: snapshot, text: '{}' } },
    )
  await expect(install(join(there, 'nowhere/snapshot.json'))).rejects.toThrow('ENOENT')
  expect(await filesIn(there)).toEqual(before)
  await install(join(there, '.snapshot.json'))
  expect(await filesIn(there)).toEqual({
    '.snapshot.json': '{}',
    'M2.json': 'compiled again',
    'M2.ts': 'class M2',
    'migrations.manifest.json': await readFile(stage, 'utf8'),
  })
})

function never(): Promise<never> {
  return Promise.reject(new Error('Nothing is loaded.'))
}
