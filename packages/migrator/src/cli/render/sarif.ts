import type { PlacedFinding } from '../../inspect/lint.ts'
import { VERSION } from '../../version.ts'
import { fingerprintOf } from './lint.ts'

/** https://docs.oasis-open.org/sarif/sarif/v2.1.0/: what code scanning of GitHub and of others reads. */
export function makeSarif(findings: readonly PlacedFinding[]): object {
  const rules = [...Map.groupBy(findings, ({ rule }) => rule)].flatMap(([id, [first]]) =>
    first ? [makeRule(id, first)] : [],
  )
  const positions = new Map(rules.map(({ id }, position) => [id, position]))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'migrate lint', version: VERSION, rules } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => makeResult(finding, positions.get(finding.rule) ?? 0)),
      },
    ],
  }
}

function makeRule(id: string, { why, instead, hazards }: PlacedFinding) {
  return {
    id,
    shortDescription: { text: id.replaceAll('-', ' ') },
    fullDescription: { text: why },
    help: { text: instead },
    properties: { tags: hazards },
  }
}

function makeResult(finding: PlacedFinding, ruleIndex: number) {
  const { rule, level, says, instead, corrected, file, line, statement = '' } = finding
  const written = corrected ? `\n${corrected.statements.join('\n')}` : ''
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text: `${says} ${instead}${written}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file) },
          region: { startLine: line },
        },
      },
    ],
    partialFingerprints: { 'finding/v1': fingerprintOf(file, rule, says, statement) },
  }
}
