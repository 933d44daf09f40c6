import { failure } from '../errors/index.ts'
import { isRecord } from '../sql/nodes.ts'
import { withDefaults, type LintSettings } from './config.ts'
import { RULES } from './rules/index.ts'

/**
 * What a configuration says, whole. Throws LINT_CONFIG_INVALID, which names the nearest rule.
 * @example
 * const settings = readLintSettings({ rules: { 'wide-index': 'off' } })
 */
export function readLintSettings(config: unknown): LintSettings {
  if (config === undefined) return withDefaults({})
  if (!isRecord(config)) throw invalid('it is not an object')
  const { rules = {}, smallTable = 0, ignoredSchemas = [], ...others } = config
  const [other] = Object.keys(others)
  if (other !== undefined) throw invalid(`it has no setting "${other}"`)
  if (!isRecord(rules)) throw invalid('its rules are not an object')
  for (const [id, level] of Object.entries(rules)) {
    if (!isRule(id)) throw invalid(`there is no rule "${id}" (${suggestRule(id)})`)
    if (!LEVELS.has(level)) throw invalid(`the level of ${id} is not 'error', 'warning' or 'off'`)
  }
  if (typeof smallTable !== 'number' || !(smallTable >= 0))
    throw invalid('smallTable is not a number of rows')
  const areNames =
    Array.isArray(ignoredSchemas) && ignoredSchemas.every((one) => typeof one === 'string')
  if (!areNames) throw invalid('ignoredSchemas is not a list of names')
  return withDefaults(config)
}

function invalid(reason: string) {
  return failure('LINT_CONFIG_INVALID', { reason })
}

const LEVELS = new Set<unknown>(['error', 'warning', 'off'])

export function isRule(id: string): boolean {
  return RULES.some((rule) => rule.id === id)
}

/** `did you mean x?`, of the rule whose name is nearest. */
export function suggestRule(id: string): string {
  const near = RULES.map((rule) => ({ id: rule.id, distance: distance(id, rule.id) }))
  const [best] = near.toSorted((a, b) => a.distance - b.distance)
  return best ? `did you mean ${best.id}?` : ''
}

/** Levenshtein's: how many letters have to change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j += 1) {
      const change = (row[j] ?? 0) + (b[j] === letter ? 0 : 1)
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
