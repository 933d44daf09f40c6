import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { chainManifest, readManifest } from './manifest-file.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'))
})

afterAll(() => rm(folder, { recursive: true }))

const migration = { name: 'Migration1', phase: 'expand', checksum: 'c' } as const
const WHOLE = chainManifest({ folder: '.', ledger: { table: 'l' } }, [
  { migration, file: 'Migration1.ts', bytes: 'b', compiled: 'h' },
])

/** What belongs nowhere in it. */
const WRONG = [null, [], [null], {}, 0, true, '', NaN]

/** The same with the value at each place of it replaced by each wrong one. */
function broken(value: unknown): unknown[] {
  const children =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) =>
          [undefined, ...broken(child)].map((other) =>
            Array.isArray(value) ? [other] : { ...value, [key]: other },
          ),
        )
      : []
  return [...WRONG, ...children]
}

let files = 0

async function read(text: string): Promise<unknown> {
  const home = join(folder, String((files += 1)))
  await mkdir(home)
  const path = join(home, 'migrations.manifest.json')
  await writeFile(path, text)
  return readManifest(path).catch((error: unknown) => error)
}

test('a manifest with anything else in any place of it is MANIFEST_BROKEN, or still whole', async () => {
  const whole = JSON.stringify(WHOLE)
  expect(await read(whole)).toEqual(WHOLE)
  const texts = [
    '',
    '{',
    'null',
    '<<<<<<< ours',
    ...broken(WHOLE).map((one) => JSON.stringify(one)),
  ]
  expect(texts.length).toBeGreaterThan(90)
  const endings = await Promise.all(texts.map(async (text) => ({ text, ended: await read(text) })))
  const isRefused = ({ ended }: (typeof endings)[number]) =>
    ended instanceof MigratorError &&
    `${ended.code} ${ended.exit}` === 'MANIFEST_BROKEN 6' &&
    /^migrations\.manifest\.json is not intact: (it|the chain|a merge|phaseExceptions) .+version control/.test(
      ended.message,
    )
  // Empty names and an empty list of migrations have the form.
  const isWhole = ({ text, ended }: (typeof endings)[number]) =>
    !(ended instanceof Error) && /""|"migrations":\[\]/.test(text)
  expect(endings.filter((one) => !isRefused(one) && !isWhole(one))).toEqual([])
})

test('one that cannot be read is not taken for one that is not there', async () => {
  await expect(readManifest(folder)).rejects.toMatchObject({ code: 'FILE_UNUSABLE', exit: 2 })
  expect(await readManifest(join(folder, 'none'))).toBeUndefined()
})
