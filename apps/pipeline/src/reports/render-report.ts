import { escapeMarkdown } from './escape.ts'

/** A fact as a report shows it. */
export type ReportedFact = {
  readonly group: string
  readonly type: string
  readonly data: unknown
  readonly quote: string | null
  readonly confidence: number | null
  readonly source: { readonly uri: string; readonly title: string | null }
}

export type ReportInput = {
  readonly title: string
  /** In the order in which they are shown: by group, type and source. */
  readonly facts: readonly ReportedFact[]
  /** All that there are, also those that are not among `facts`. */
  readonly total: number
}

/** A report as markdown. The same facts in the same order are the same text. */
export function renderReport({ title, facts, total }: ReportInput): string {
  const groups = Map.groupBy(facts, ({ group }) => group)
  const sources = new Set(facts.map(({ source }) => source.uri)).size
  const left = total - facts.length
  const lines = [
    `# ${escapeMarkdown(title)}`,
    '',
    `${count(total, 'fact')} from ${count(sources, 'source')} in ${count(groups.size, 'group')}.`,
    ...(left > 0 ? [`The report shows the first ${facts.length}; ${left} are left out.`] : []),
  ]
  for (const [group, members] of groups) lines.push('', ...renderGroup(group, members))
  return `${lines.join('\n')}\n`
}

function renderGroup(group: string, facts: readonly ReportedFact[]): string[] {
  const numbers = new Map<string, number>()
  for (const { source } of facts)
    if (!numbers.has(source.uri)) numbers.set(source.uri, numbers.size + 1)
  const lines = [`## ${escapeMarkdown(group)}`]
  for (const [type, members] of Map.groupBy(facts, ({ type }) => type)) {
    lines.push('', `### ${escapeMarkdown(type)} (${members.length})`, '')
    for (const fact of members) lines.push(renderFact(fact, numbers.get(fact.source.uri) ?? 0))
  }
  lines.push('', '### Sources', '')
  const named = new Map(facts.map(({ source }) => [source.uri, source]))
  for (const [uri, { title }] of named) {
    const name = title === null ? '' : `${cut(escapeMarkdown(title))}, `
    lines.push(`${numbers.get(uri)}. ${name}${escapeMarkdown(uri)}`)
  }
  return lines
}

function renderFact({ data, quote, confidence }: ReportedFact, source: number): string {
  const values = describeData(data, quote)
  const said = quote === null ? values : `“${cut(escapeMarkdown(quote))}”`
  const details = [
    ...(quote === null || values === '' ? [] : [values]),
    ...(confidence === null ? [] : [`confidence ${confidence.toFixed(2)}`]),
    `source ${source}`,
  ]
  return `- ${said} (${details.join('; ')})`
}

/** The plain values of a fact, by name, without what the quote says already. */
function describeData(data: unknown, quote: string | null): string {
  if (typeof data !== 'object' || data === null) return cut(escapeMarkdown(String(data)))
  const values = Object.entries(data)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .filter(([, value]) => value !== quote)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${escapeMarkdown(name)}: ${cut(escapeMarkdown(String(value)))}`)
  return values.join(', ')
}

const LONGEST = 500

/** Never within an escape: what is left over of one would escape what follows. */
function cut(escaped: string): string {
  if (escaped.length <= LONGEST) return escaped
  return `${escaped.slice(0, LONGEST).replace(/(?:\\|&[^;]{0,5}|[\ud800-\udbff])$/, '')}…`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
