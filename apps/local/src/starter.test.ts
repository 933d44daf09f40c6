import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('tests/watch-starter.ts', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'techfacts-starter-'))
  for (const name of ['npx', 'pnpm', 'bash']) await symlink('/bin/sh', join(folder, name))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the program below shells that go by these names, the first outermost. */
async function runBelow(...names: string[]): Promise<{ outermost: ChildProcess; pid: number }> {
  const shells = names.map((name) => (name === 'sh' ? '/bin/sh' : join(folder, name)))
  const script = '"$@" && :' // not the last command: else the shell would become the program
  const [file = '', ...args] = shells.flatMap((shell) => [shell, '-c', script, 'shell'])
  const outermost = spawn(file, [...args, process.execPath, PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(outermost.stdout, 'data')
  return { outermost, pid: Number(String(line)) }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.each([
  { starter: 'npx, which runs pnpm in a shell', names: ['npx', 'sh', 'pnpm', 'sh'] },
  { starter: 'pnpm', names: ['pnpm'] },
])('ends with $starter', async ({ names }) => {
  const { outermost, pid } = await runBelow(...names)
  expect(isAlive(pid)).toBe(true)
  outermost.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
})

test('outlives a shell that started it in the background', async () => {
  const { outermost, pid } = await runBelow('bash')
  outermost.kill('SIGKILL')
  await sleep(2000) // four looks
  expect(isAlive(pid)).toBe(true)
  process.kill(pid, 'SIGKILL')
})
