import { arch, cpus, platform, totalmem } from 'node:os'
import { isCompared, type Column, type Compared } from './result.ts'

export interface Report {
  readonly columns: readonly Column[]
  /** In the order of the rows, with what a reader must know of a row. */
  readonly rows: readonly { readonly name: string; readonly note?: string | undefined }[]
  readonly versions: Readonly<Record<string, string>>
  readonly server: string
  readonly pairs: number
}

/** The page of the figures: machine, versions and date above the two tables. */
export function renderPage(report: Report): string {
  const { columns, rows, pairs } = report
  const times = table(
    report,
    ({ ratio, milliseconds, ...one }) =>
      `${ratio.toFixed(2)} × (${time(milliseconds)}${one.pairs < pairs ? `, ${count(one.pairs)}` : ''})`,
  )
  const memory = table(report, ({ peakMiB }) =>
    peakMiB === undefined ? '' : `${Math.round(peakMiB)} MiB`,
  )
  const notes = rows.flatMap(({ name, note }) => (note === undefined ? [] : [`- ${name} ${note}.`]))
  return (
    [
      '# Benchmarks',
      '`pnpm bench` writes this page and its chart. It measures whole processes on one machine, each right after its baseline; a figure is the median of the ratios of these pairs, with the median time. After each run the schema and the rows are compared with those that the baseline left.',
      [
        `- ${new Date().toISOString().slice(0, 10)}, ${machine()}`,
        `- ${report.server}, Node ${process.versions.node}, ${count(pairs)} each, fewer where a figure says so: a run of more than a minute is measured once`,
        `- ${Object.entries(report.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', ')}`,
      ].join('\n'),
      '![Time of each tool beside its baseline](benchmarks.svg)',
      '## Time',
      `Beside ${columns.map(({ title, baseline }) => `${title.toLowerCase()}: ${baseline}`).join('; ')}. The row of a baseline shows the noise: it was measured beside itself.`,
      times,
      ...(notes.length > 0 ? [notes.join('\n')] : []),
      '## Peak memory',
      'The largest process of a run, as the kernel counts its resident set.',
      memory,
      ...renderFailures(report),
    ].join('\n\n') + '\n'
  )
}

/** What could not be measured, a line for each reason. */
function renderFailures({ columns }: Report): string[] {
  const failures = columns.flatMap(({ title, results }) =>
    [...results].flatMap(([name, result]) =>
      isCompared(result) ? [] : [{ title, said: `${name}: ${result.failure}` }],
    ),
  )
  if (failures.length === 0) return []
  const lines = [...Map.groupBy(failures, ({ said }) => said)].map(
    ([said, all]) => `- ${all.map(({ title }) => title.toLowerCase()).join('; ')}: ${said}`,
  )
  return ['## Failed', lines.join('\n')]
}

function count(pairs: number): string {
  return pairs === 1 ? '1 pair' : `${pairs} pairs`
}

function table({ columns, rows }: Report, cell: (compared: Compared) => string): string {
  return [
    line(['', ...columns.map(({ title }) => title)]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map(({ name }) =>
      line([
        name,
        ...columns.map(({ results }) => {
          const compared = results.get(name)
          if (compared === undefined) return ''
          return isCompared(compared) ? cell(compared) : 'failed'
        }),
      ]),
    ),
  ].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

export function time(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${model}, ${memory} GiB, ${platform()} ${arch()}`
}
