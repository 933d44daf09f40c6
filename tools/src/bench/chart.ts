import type { Report } from './report.ts'
import { isCompared, type Column } from './result.ts'

const ROW = 22
const NAMES = 240
const BARS = 420
const WIDTH = NAMES + BARS + 80

/** The ratios as bars, a group for each column; the line is the baseline. */
export function renderChart({ columns, rows }: Report): string {
  const names = rows.map(({ name }) => name)
  const groups: string[] = []
  let top = 10
  for (const column of columns) {
    const shown = names.filter((name) => isCompared(column.results.get(name)))
    groups.push(group(column, shown, top))
    top += (shown.length + 2) * ROW
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${groups.join('\n')}
</svg>
`
}

function group(
  { title, baseline, results }: Column,
  names: readonly string[],
  top: number,
): string {
  const ratios = names.map((name) => {
    const result = results.get(name)
    return isCompared(result) ? result.ratio : 0
  })
  const scale = BARS / Math.max(...ratios, 1)
  const bars = names.map((name, n) => {
    const ratio = ratios[n] ?? 0
    const y = top + (n + 1) * ROW
    const fill = name.startsWith('techfacts') ? '#1a7f37' : '#8c959f'
    return `<text x="${NAMES - 8}" y="${y + 14}" text-anchor="end">${escape(name)}</text>
<rect x="${NAMES}" y="${y + 3}" width="${(ratio * scale).toFixed(1)}" height="${ROW - 8}" fill="${fill}"/>
<text x="${(NAMES + ratio * scale + 6).toFixed(1)}" y="${y + 14}">${ratio.toFixed(2)}</text>`
  })
  const x = (NAMES + scale).toFixed(1)
  const bottom = top + (names.length + 1) * ROW
  return `<text x="${NAMES}" y="${top + 14}" font-weight="600">${escape(title)}, × ${baseline}</text>
${bars.join('\n')}
<line x1="${x}" y1="${top + ROW}" x2="${x}" y2="${bottom}" stroke="#cf222e" stroke-dasharray="3 3"/>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
