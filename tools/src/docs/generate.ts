import { errorCodes } from '@techfacts/migrator'
import { runShell } from './player.ts'
import { ROOT } from './repository.ts'

const GENERATED = '<!-- Generated: pnpm docs -->'

type Row = readonly string[]

/** docs/errors.md: every code with its exit, from the migrator's catalogue. */
export function errorsDocument(): string {
  const rows = Object.entries(errorCodes()).map(([code, exit]) => [`\`${code}\``, String(exit)])
  return page(
    'Error codes',
    `Each error of the migrator has a stable code, an exit code, a message for people and what to run next. Match codes, never text. \`errorCodes()\` of
\`@techfacts/migrator\` returns this table; [json.md](json.md) has the shape of an error.`,
    table(['code', 'exit'], rows),
  )
}
