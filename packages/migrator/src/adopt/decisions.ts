import { failure } from '../errors/index.ts'

/**
 * What is to become of rows that stand in the way. A decision is a list of choices, tried in order: what the first
 * does not mend is left to the next.
 */
export type Choice =
  /** Nothing: the adoption is refused. */
  | { readonly kind: 'fail' }
  /** The column's default, as of now. */
  | { readonly kind: 'default' }
  | { readonly kind: 'set'; readonly value: string }
  /** The value of another column of the row. */
  | { readonly kind: 'from'; readonly column: string }
  /** The value that the row which it belongs to has; `via` names the column that leads there, where there are several. */
  | { readonly kind: 'parent'; readonly via?: string }
  /** A row made for the purpose takes it in. */
  | { readonly kind: 'adopted' }
  | { readonly kind: 'map'; readonly from: string; readonly to: string }
  /** The nearest value that is allowed. */
  | { readonly kind: 'clamp' }
  | { readonly kind: 'null' }
  /** The row moves to `migrator.quarantine`, whole, with the rows that belong to it. */
  | { readonly kind: 'quarantine' }

export type Decisions = ReadonlyMap<string, readonly Choice[]>

/**
 * Reads `PROBLEM=CHOICE,CHOICE…`, as they are typed: `jobs.status:word=map:paused=queued,quarantine`. In the name of
 * the problem `*` stands for anything. A comma, an
 * equals sign or a backslash within a value is written with a backslash before it.
 * Throws DECISION_UNREADABLE.
 */
export function parseDecisions(texts: readonly string[]): Map<string, readonly Choice[]> {
  const decisions = new Map<string, readonly Choice[]>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const [problem, choices] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
    if (problem === '' || choices === '') {
      throw failure('DECISION_UNREADABLE', { text, reason: 'it has to be PROBLEM=CHOICE' })
    }
    decisions.set(
      problem,
      split(choices, ',').map((choice) => parseChoice(choice, text)),
    )
  }
  return decisions
}

/** As it is typed, and as the journal keeps it. */
export function printDecision(choices: readonly Choice[]): string {
  return choices.map(printChoice).join(',')
}

function parseChoice(choice: string, text: string): Choice {
  const [head = '', ...rest] = split(choice, '=')
  const value = rest.length > 0 ? unescape(rest.join('=')) : undefined
  if (head.startsWith('map:') && value !== undefined) {
    return { kind: 'map', from: unescape(head.slice('map:'.length)), to: value }
  }
  if (head === 'set' && value !== undefined) return { kind: 'set', value }
  if (head === 'from' && value !== undefined) return { kind: 'from', column: value }
  if (head === 'parent') return value === undefined ? { kind: head } : { kind: head, via: value }
  if (value === undefined) {
    switch (head) {
      case 'fail':
      case 'default':
      case 'adopted':
      case 'clamp':
      case 'null':
      case 'quarantine':
        return { kind: head }
      default:
    }
  }
  throw failure('DECISION_UNREADABLE', { text, reason: `"${choice}" is no choice` })
}

function printChoice(choice: Choice): string {
  switch (choice.kind) {
    case 'set':
      return `set=${escape(choice.value)}`
    case 'from':
      return `from=${escape(choice.column)}`
    case 'map':
      return `map:${escape(choice.from)}=${escape(choice.to)}`
    case 'parent':
      return choice.via === undefined ? 'parent' : `parent=${escape(choice.via)}`
    default:
      return choice.kind
  }
}

function escape(value: string): string {
  return value.replaceAll(/[\\,=]/g, String.raw`\$&`)
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.)/gs, '$1')
}

/** Where `mark` stands without a backslash before it. */
function split(text: string, mark: ',' | '='): string[] {
  const parts = ['']
  for (const [piece] of text.matchAll(/\\.|[^\\]|\\$/gs)) {
    if (piece === mark) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}
