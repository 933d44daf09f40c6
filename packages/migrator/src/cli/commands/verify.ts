import { Argument, InvalidArgumentError, Option } from 'commander'
import { EXIT, type ExitName } from '../../errors/entry.ts'
import type { Choice } from '../../verify/choose.ts'
import type { VerifyReport } from '../../verify/report.ts'
import { judge, type Verdict } from '../../verify/verdict.ts'
import type { Proof, Reporter } from '../../inspect/reporter.ts'
import type { Call, Command } from '../command.ts'
import { SCRATCH } from '../options.ts'

const FORMATS = ['text', 'markdown', 'sarif'] as const

interface Flags {
  readonly format: (typeof FORMATS)[number]
  readonly html?: string
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
      '--format <format>',
      'how the result is printed: for people, as a comment for a pull request, or for code scanning',
    )
      .choices(FORMATS)
      .default('text'),
    new Option(
      '--html <file>',
      'write the result as a page, too, with a picture of the change (needs the package @techfacts/report)',
    ),
    new Option(
      '--against <url>',
      'a real database to read sizes from (read only): what each migration means there; exit 3 where it would be refused, or where what it requires cannot be read',
    ),
    SCRATCH,
  ],
  examples: [
    ['', 'what this branch adds, before it is merged'],
    ['Migration20260101120000_jobs', 'one migration'],
    ['Migration20260101..', 'it, and all after it'],
    ['--rows 200 --seed 7', 'more rows, and others'],
    ['--previous', 'and whether the newest recorded release works on'],
    ['--against "$DATABASE_URL"', 'and what they lock there, and how large that is'],
    ['--format markdown --html verify.html', 'a comment for a pull request, and a page'],
  ],
  exits: ['failed', 'refused', 'locked', 'integrity', 'blocked'],
  async run(call) {
    const { html } = call.flags
    if (html === undefined) return verifyAndRender(call)
    const { loadReporter } = await import('../reporter.ts')
    const { withFile } = await import('../page-file.ts')
    const reporter = await loadReporter(call.project)
    return withFile(html, (write) => verifyAndRender(call, { reporter, path: html, write }))
  },
}

/** What prints the page, and where to. */
interface Page {
  readonly reporter: Reporter
  readonly path: string
  readonly write: (text: string) => Promise<void>
}

async function verifyAndRender(call: Call<Flags>, page?: Page) {
  const { maskAll } = await import('../../errors/mask-secrets.ts')
  const { readProof } = await import('../../inspect/read-proof.ts')
  const { describeAgainst } = await import('../render/against.ts')
  const { flags, project, word, say } = call
  const report = maskAll(await verifyChosen(call))
  const judgement = judge(report)
  const exit = EXIT[EXITS[judgement.verdict]]
  const isDescribed = page !== undefined || flags.format !== 'text'
  const against = report.against && describeAgainst(report.against, word)
  const proof = isDescribed
    ? { ...maskAll(await readProof(project, report)), ...(against && { against }) }
    : { report, judgement, migrations: [] }
  if (page) {
    await page.write(await page.reporter.renderPage(proof, word))
    say(`The page: ${page.path}\n`)
  }
  return { text: await render(proof, call), json: { ...report, ...judgement, exit }, exit }
}

async function verifyChosen(call: Call<Flags>): Promise<VerifyReport> {
  const { verify: verifyAll } = await import('../../verify/index.ts')
  const { lendScratch } = await import('../scratch-server.ts')
  const { findRelease } = await import('../../project/releases.ts')
  const { readAgainst } = await import('../../inspect/read-against.ts')
  const { flags, project, database, scratchUrl = 'embedded' } = call
  const { against: url } = flags
  const choice = await choose(call)
  // Whatever is wrong with the database is known before the work begins.
  const against =
    url === undefined ? undefined : await readAgainst(project, database({ url }), choice)
  const tried = await verifyAll(project, lendScratch(scratchUrl, database), {
    choice,
    rows: { seed: flags.seed, rowsPerTable: flags.rows },
    ...(flags.previous && { previous: await findRelease(project, flags.previous) }),
  })
  return { ...tried, ...(against && { against }) }
}

async function render(proof: Proof, { flags, word }: Call<Flags>): Promise<string> {
  switch (flags.format) {
    case 'markdown': {
      const { renderVerifiedMarkdown } = await import('../render/verified-markdown.ts')
      return renderVerifiedMarkdown(proof, word)
    }
    case 'sarif': {
      const { renderVerifiedSarif } = await import('../render/verified-sarif.ts')
      return renderVerifiedSarif(proof, word)
    }
    default: {
      const { renderVerified } = await import('../render/verified.ts')
      return renderVerified(proof.report, word)
    }
  }
}

async function choose({ args: [which], flags, project }: Call<Flags>): Promise<Choice> {
  if (which !== undefined) return { which }
  const { readBranches } = await import('../branches.ts')
  const { manifestPath } = project
  const { manifest } = await readBranches(manifestPath, flags.onto, [
    { command: 'verify', args: ['FIRST..LAST'], why: 'To name the migrations yourself' },
  ])
  return { manifestPath, released: manifest }
}

const EXITS: Readonly<Record<Verdict, ExitName>> = {
  holds: 'done',
  unproved: 'refused',
  'not reached': 'integrity',
  faulty: 'integrity',
}

function wholeNumber(value: string, least: number): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= least && value.trim() !== '') return number
  throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`)
}
