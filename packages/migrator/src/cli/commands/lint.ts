import { Argument, Option } from 'commander'
import { dirname } from 'node:path'
import type { LintedMigration } from '../../inspect/lint.ts'
import { EXIT } from '../../errors/entry.ts'
import { failure } from '../../errors/index.ts'
import type { Call, Command } from '../command.ts'
import { DATABASE_OPTIONS, type CommonFlags } from '../options.ts'

const FORMATS = ['text', 'sarif', 'github', 'gitlab'] as const

interface Flags extends Pick<CommonFlags, 'config'> {
  readonly format: (typeof FORMATS)[number]
  readonly since?: string
}

export const lint: Command<'lint', Flags> = {
  name: 'lint',
  summary: 'what migrations, or files of SQL, would do to those who use the database',
  description:
    'It runs nothing. Each finding says what is wrong, why, and what to write in its place; docs/rules.md has them all. A migration may say why a rule does not count in it (allow). With a database URL the sizes of its tables count, for files of SQL its schema too.',
  arguments: [
    new Argument('[what...]', 'files that end in .sql, of any tool; or migrations by name').default(
      undefined,
      'all migrations',
    ),
  ],
  options: [
    new Option(
      '--since <revision>',
      'the migrations that are new or changed since a revision of git',
    ),
    new Option(
      '--format <format>',
      'how findings are printed: for people, or for a service that shows them in its review',
    )
      .choices(FORMATS)
      .default('text'),
    ...DATABASE_OPTIONS,
  ],
  examples: [
    ['', 'every migration of the project'],
    ['--since origin/main --format github', 'what a pull request adds, as annotations'],
    ['db/V2__add_index.sql', 'a file of another tool'],
  ],
  exits: ['failed', 'refused', 'integrity'],
  async run(call) {
    const { renderLint } = await import('../render/lint.ts')
    const { maskAll } = await import('../../errors/mask-secrets.ts')
    const findings = maskAll(await findAll(call))
    const isRefused = findings.some(({ level }) => level === 'error')
    const exit = isRefused ? EXIT.refused : EXIT.done
    return { text: await renderLint(findings, call.flags.format), json: { findings, exit }, exit }
  },
}

async function findAll(call: Call<Flags>) {
  const { args, flags, environment, database } = call
  const { lintFiles, lintProject } = await import('../../inspect/lint.ts')
  const files = args.filter((arg) => arg.endsWith('.sql'))
  const target = environment.databaseUrl === undefined ? undefined : database()
  if (files.length === 0) return lintProject(call.project, target, await chooser(call))
  if (files.length < args.length || flags.since !== undefined)
    throw failure('PROJECT_INVALID', { reason: ONE_KIND })
  return lintFiles(files, projectIfAny(call), target)
}

const ONE_KIND = 'Files of SQL, migrations and a revision are linted apart: name one kind of them.'

async function chooser({ args, flags, project }: Call<Flags>) {
  const { findName } = await import('../../plan/targets.ts')
  if (flags.since === undefined) {
    return ({ name }: LintedMigration, all: readonly LintedMigration[]) => {
      const names = all.map((one) => one.name)
      return args.length === 0 || args.some((arg) => findName(arg, names) === name)
    }
  }
  if (args.length > 0) throw failure('PROJECT_INVALID', { reason: ONE_KIND })
  const { listChangedSince } = await import('../changed-since.ts')
  const changed = await listChangedSince(flags.since, dirname(project.manifestPath))
  return ({ path }: LintedMigration) => changed.has(path)
}

/** Files of another tool have no configuration of ours; where there is one, it counts. */
function projectIfAny(call: Call<Flags>) {
  const isNamed = (call.flags.config ?? call.environment.config) !== undefined
  try {
    return call.project
  } catch (error) {
    if (isNamed) throw error
    return undefined
  }
}
