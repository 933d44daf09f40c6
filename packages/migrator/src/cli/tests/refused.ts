/** What `lint --json` refuses in generated files, and what they allow that needs no reason. */
export function listRefused(stdout: string): string[] {
  const { findings }: { findings: readonly { rule: string; level: string; says: string }[] } =
    JSON.parse(stdout)
  return findings
    .filter(({ level, rule }) => level === 'error' || rule === 'unneeded-allow')
    .map(({ rule, says }) => `${rule}: ${says}`)
}
