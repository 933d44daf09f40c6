import { printableName } from '../errors/printable.ts'
import { listProperties, type Difference, type PropertyChange, type PropertyValue } from './diff.ts'
import type { CatalogObject, Kind } from './model.ts'
import { SEVERITIES, SEVERITY } from './severity.ts'

/**
 * Says what differs, to be read by a person: gravest first, one object a paragraph, definitions
 * line by line.
 *
 * @param names what the two sides are called, for instance a database and a migration
 * @example
 * const differences = diffCatalogs(await readCatalog(client), await readCatalog(otherClient))
 * console.log(renderDifferences(differences, { here: 'staging', there: 'production' }))
 */
export function renderDifferences(
  differences: Difference[],
  names: { here: string; there: string } = { here: 'here', there: 'there' },
): string {
  const { here, there } = names
  if (differences.length === 0) return `${here} and ${there} are equal.\n`
  const groups = Map.groupBy(differences, (difference) => difference.severity)
  const sections = SEVERITIES.flatMap((severity) => {
    const paragraphs = (groups.get(severity) ?? []).map((difference) =>
      paragraph(difference, names),
    )
    return paragraphs.length > 0 ? [`${severity}\n${paragraphs.join('')}`] : []
  })
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`
  return `${here} is not equal to ${there}: ${count}.\n\n${sections.join('\n')}`
}

/** Of what is missing or extra: told by the identity, or no part of what it is. */
const UNSAID = new Set(['of', 'class', 'owner', 'grants', 'comment', 'body'])

type Names = { here: string; there: string }

const INDENT = '           '

function paragraph(difference: Difference, names: Names): string {
  const head = `  ${difference.what.padEnd(8)} ${showName(difference.kind, difference.identity)}`
  const lines = difference.changes.flatMap((change) => changeLines(change, names))
  const object = difference.here ?? difference.there
  const summary =
    difference.what === 'changed' || !object ? '' : summarize(object, difference.parts)
  const renames = difference.possibleRenames.map((other) => {
    const side = difference.what === 'missing' ? 'extra' : 'missing'
    return `otherwise equal to the ${side} ${showName(difference.kind, other)}`
  })
  return [`${head}${summary}`, ...[...lines, ...renames].map((line) => INDENT + line), ''].join(
    '\n',
  )
}

/** The identity of what is not modelled says itself what it is. */
function showName(kind: Kind, identity: string): string {
  return kind === 'other' ? printableName(identity) : `${kind} ${printableName(identity)}`
}

/** `: integer, not null, default 0`, or for a whole what is in it: ` with 3 columns, 1 index`. */
function summarize(object: CatalogObject, parts: Difference['parts']): string {
  const counts = Object.entries(parts).map(([kind, count]) => `${count} ${plural(kind, count)}`)
  if (counts.length > 0) return ` with ${counts.join(', ')}`
  const values = listProperties(object)
  const said = Object.keys(SEVERITY[object.kind])
    .filter((name) => values.has(name) && !UNSAID.has(name))
    .map((name) => {
      const value = values.get(name)
      if (value === true) return words(name)
      return name === 'type' ? printableName(String(value)) : `${words(name)} ${oneLine(value)}`
    })
  return said.length > 0 ? `: ${said.join(', ')}` : ''
}

function changeLines(change: PropertyChange, names: Names): string[] {
  const { here, there } = change
  if (change.property === 'grants') return grantLines(listGrants(here), listGrants(there), names)
  if ([here, there].some((value) => typeof value === 'string' && value.includes('\n'))) {
    return [
      `${words(change.property)} (- ${names.here}, + ${names.there})`,
      ...lineDifference(showLines(here), showLines(there)).map(
        (line) => `  ${printableName(line)}`,
      ),
    ]
  }
  const isFlag = typeof (here ?? there) === 'boolean'
  return [
    words(change.property),
    `  ${names.here}: ${isFlag ? yesNo(here) : oneLine(here)}`,
    `  ${names.there}: ${isFlag ? yesNo(there) : oneLine(there)}`,
  ]
}

/** Only those that the other side lacks: an object may have many, of which one is new. */
function grantLines(here: readonly string[], there: readonly string[], names: Names): string[] {
  return ['grants', ...onlyIn(names.here, here, there), ...onlyIn(names.there, there, here)]
}

function onlyIn(name: string, own: readonly string[], other: readonly string[]): string[] {
  return own.flatMap((one) =>
    other.includes(one) ? [] : [`  only ${name}: ${printableName(one)}`],
  )
}

function listGrants(value: PropertyValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : []
}

function showLines(value: PropertyValue | undefined): string[] {
  return value === undefined ? [] : String(value).split('\n')
}

function yesNo(value: PropertyValue | undefined): string {
  return value === true ? 'yes' : 'no'
}

function oneLine(value: PropertyValue | undefined): string {
  if (value === undefined) return '(none)'
  if (Array.isArray(value)) return printableName(value.join(', '))
  return printableName(
    String(value)
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim(),
  )
}

/** `onDelete` → `on delete`. */
function words(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function plural(kind: string, count: number): string {
  if (count === 1) return kind
  if (kind.endsWith('y')) return `${kind.slice(0, -1)}ies`
  return kind.endsWith('x') ? `${kind}es` : `${kind}s`
}

/** The shortest way from one text to the other: lines kept, taken (-) and added (+). */
function lineDifference(from: string[], to: string[]): string[] {
  const kept = commonLengths(from, to)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    const [a, b] = [from[i], to[j]]
    if (a !== undefined && a === b) {
      lines.push(`  ${a}`)
      i += 1
      j += 1
    } else if (
      b === undefined ||
      (a !== undefined && (kept[i + 1]?.[j] ?? 0) >= (kept[i]?.[j + 1] ?? 0))
    ) {
      lines.push(`- ${a}`)
      i += 1
    } else {
      lines.push(`+ ${b}`)
      j += 1
    }
  }
  return lines
}

/** How many lines the rest of both texts, from line i and j on, have in common at most. */
function commonLengths(from: string[], to: string[]): number[][] {
  const lengths = Array.from({ length: from.length + 1 }, () =>
    Array.from({ length: to.length + 1 }, () => 0),
  )
  for (let i = from.length - 1; i >= 0; i -= 1) {
    const [row = [], next = []] = [lengths[i], lengths[i + 1]]
    for (let j = to.length - 1; j >= 0; j -= 1) {
      row[j] = from[i] === to[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0)
    }
  }
  return lengths
}
