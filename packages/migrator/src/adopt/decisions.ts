import { failure } from '../errors/index.ts'

/**
 * What happens to the rows that violate a pending constraint. A decision is a list of choices, tried in order: rows
 * that the first does not repair are left to the next.
 */
export type Choice =
  /** Nothing: the adoption is refused. */
  | { readonly kind: 'fail' }
  /** The column gets its default. */
  | { readonly kind: 'default' }
  | { readonly kind: 'set'; readonly value: string }
  /** The column gets the value of another column of the row. */
  | { readonly kind: 'from'; readonly column: string }
  /** The column gets the value that the row's parent has; `via` names the foreign key's column where there are several. */
  | { readonly kind: 'parent'; readonly via?: string }
  /** The row is given to a parent that is made for such rows. */
  | { readonly kind: 'placeholder' }
  | { readonly kind: 'map'; readonly from: string; readonly to: string }
  /** The column gets the nearest allowed value. */
  | { readonly kind: 'clamp' }
  | { readonly kind: 'null' }
  /** The whole row moves to `migrator.quarantine`, with the rows that belong to it. */
  | { readonly kind: 'quarantine' }

/** How each is typed. */
const FORMS =
  'fail, default, null, set=VALUE, from=COLUMN, parent, map:FROM=TO, clamp, placeholder and quarantine'

/** By problem. */
export type Decisions = ReadonlyMap<string, readonly Choice[]>

/**
 * Reads decisions as people type them: `jobs.status:word=map:paused=queued,quarantine`. In the name of the problem
 * `*` matches anything. A backslash escapes a comma, an equals sign or a backslash within a value.
 * Throws DECISION_UNREADABLE.
 * @example
 * const decisions = parseDecisions(['sources.title:null=default', '*:unique=quarantine'])
 */
export function parseDecisions(texts: readonly string[]): Map<string, readonly Choice[]> {
  const decisions = new Map<string, readonly Choice[]>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const [problem, choices] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
    if (problem === '' || choices === '') {
      throw failure('DECISION_UNREADABLE', {
        text,
        reason: 'it is not PROBLEM=CHOICE, such as TABLE.COLUMN:null=default',
      })
    }
    decisions.set(
      problem,
      split(choices, ',').map((choice) => parseChoice(choice, text)),
    )
  }
  return decisions
}

/** Reads decisions as the journal keeps them, by problem. */
export function readDecisions(recorded: Readonly<Record<string, string>>): Decisions {
  return parseDecisions(
    Object.entries(recorded).map(([problem, choices]) => `${problem}=${choices}`),
  )
}

/** Writes a decision as it is typed; the journal keeps it in this form. */
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
      case 'placeholder':
      case 'clamp':
      case 'null':
      case 'quarantine':
        return { kind: head }
      // The word of earlier releases, in scripts and in journals of adoptions that are not finished.
      case 'adopted':
        return { kind: 'placeholder' }
      default:
    }
  }
  const reason = `"${choice}" is not a choice. Choices are ${FORMS}; not every problem has each`
  throw failure('DECISION_UNREADABLE', { text, reason })
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

/** Splits at every `mark` that no backslash escapes. */
function split(text: string, mark: ',' | '='): string[] {
  const parts = ['']
  for (const [piece] of text.matchAll(/\\.|[^\\]|\\$/gs)) {
    if (piece === mark) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}
