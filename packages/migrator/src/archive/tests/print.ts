import type { Case } from './case.ts'
import type { Verdict } from './play.ts'

/** A case as a script that plays it again. */
export function printScript(given: Case, { ending, losses, says }: Verdict, major: number): string {
  return [
    `# ${given.name}: ${ending}`,
    ...[...losses.map((loss) => `named: ${loss}`), ...says]
      .flatMap((text) => text.split('\n'))
      .map((line) => `#   ${line}`),
    `node packages/migrator/src/archive/tests/replay.ts /dev/stdin ${major} <<'CASE'`,
    JSON.stringify(given, null, 1),
    'CASE',
  ].join('\n')
}
