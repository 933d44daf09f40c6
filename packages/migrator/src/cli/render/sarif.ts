import { VERSION } from '../../version.ts'

/** A result, as code scanning of GitHub and of others shows it. */
export interface SarifResult {
  readonly rule: string
  readonly level: 'error' | 'warning'
  readonly message: string
  /** From the root of the repository. */
  readonly file: string
  readonly line: number
  /** The same for the same result, wherever it moves to in its file. */
  readonly fingerprint: string
}

export interface SarifRule {
  /** What the rule demands, or why. */
  readonly full: string
  readonly help: string
  readonly tags: readonly string[]
}

/**
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/, by the name of the command that found it. `describe` is asked for the
 * rules of the results alone.
 */
export function makeSarif(
  command: string,
  results: readonly SarifResult[],
  describe: (rule: string) => SarifRule,
): object {
  const ids = [...new Set(results.map(({ rule }) => rule))]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: command,
            version: VERSION,
            rules: ids.map((id) => makeRule(id, describe(id))),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: results.map((result) => makeResult(result, ids.indexOf(result.rule))),
      },
    ],
  }
}

function makeRule(id: string, { full, help, tags }: SarifRule) {
  return {
    id,
    shortDescription: { text: id.replaceAll('-', ' ') },
    fullDescription: { text: full },
    help: { text: help },
    properties: { tags },
  }
}

function makeResult(
  { rule, level, message, file, line, fingerprint }: SarifResult,
  ruleIndex: number,
) {
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: toUri(file) },
          region: { startLine: line },
        },
      },
    ],
    partialFingerprints: { 'finding/v1': fingerprint },
  }
}

/** A path's own `#` and `?` would end it in a URI. */
function toUri(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/')
}
