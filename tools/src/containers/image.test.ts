import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pnpm } from '../pnpm.ts'
import { ROOT } from '../root.ts'

const run = promisify(execFile)

/** As the image of the migrate step is built, but for the base image: what it copies and runs, in empty folders. */
test('the image of the migrate step can plan every migration', { tags: 'long' }, async () => {
  const dockerfile = await readFile(join(ROOT, 'apps/migrate/Dockerfile'), 'utf8')
  const [, , bundle = '', image = ''] = dockerfile.split(/^FROM .*$/m)
  const root = copiedBy(dockerfile.split(/^FROM .*$/m)[1] ?? '')
  const stages = await mkdtemp(join(tmpdir(), 'image-'))
  const [built, final] = [join(stages, 'bundle'), join(stages, 'final')]
  try {
    await copyTracked([...root, ...copiedBy(bundle)], built)
    // What this checkout was installed from, wherever the temporary folder lies.
    const store = (await pnpm(['store', 'path'], ROOT)).trim()
    const [install = [], build = []] = ranBy(bundle)
    await pnpm([...install, '--prefer-offline', `--store-dir=${store}`], built)
    await pnpm(build, built)
    await copyTracked(root, final)
    const [, from = '', to = ''] = /^COPY --from=bundle \/app\/(\S+) (\S+)$/m.exec(image) ?? []
    await cp(join(built, from), join(final, to), { recursive: true })
    await rm(built, { recursive: true })

    const [, program = ''] = /^CMD \["node", "(.*)", "start"\]$/m.exec(image) ?? []
    const env = { PATH: process.env['PATH'], pnpm_config_verify_deps_before_run: 'false' }
    const options = { cwd: final, env, maxBuffer: 64 * 1024 * 1024 }
    const planned = await run(process.execPath, [program, 'plan', '--json'], options)
    expect(JSON.parse(planned.stdout).migrations.length).toBeGreaterThan(20)
    // As docker-compose.yml has it.
    await expect(pnpm(['--filter', 'migrate', 'start'], final)).rejects.toMatchObject({
      stderr: expect.stringContaining('DATABASE_URL'),
    })
  } finally {
    await rm(stages, { recursive: true })
  }
})

function copiedBy(stage: string): string[] {
  const copies = [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
  return copies.flatMap(([, paths = '']) => paths.split(' '))
}

function ranBy(stage: string): string[][] {
  return [...stage.matchAll(/^RUN pnpm (.+)$/gm)].map(([, line = '']) =>
    line.replaceAll("'", '').split(' '),
  )
}

async function copyTracked(paths: readonly string[], to: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-z', ...paths], { cwd: ROOT })
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    await cp(join(ROOT, file), join(to, file))
  }
}
