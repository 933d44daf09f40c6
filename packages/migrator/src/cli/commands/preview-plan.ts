import { EXIT } from '../../errors/entry.ts'
import { maskAll } from '../../errors/mask-secrets.ts'
import { renderFailure } from '../../errors/next-step.ts'
import { preview } from '../../inspect/preview.ts'
import { planScript } from '../../inspect/script.ts'
import type { Direction } from '../../migration.ts'
import type { Call, Outcome } from '../command.ts'
import { renderPlan } from '../render/plan.ts'

interface Asked {
  readonly direction: Direction
  readonly target: string
  readonly isScript?: boolean
}

/** What a run would do: as words, as data, or as a script. */
export async function planOf(
  { project, connection, environment, word }: Omit<Call<never>, 'flags'>,
  { direction, target, isScript = false }: Asked,
): Promise<Outcome> {
  const where = environment.databaseUrl === undefined ? undefined : connection()
  const previewed = await preview(project, where, { direction, target })
  const { plan, ledger, hash, facts, outOfOrder } = previewed
  if (isScript) {
    const sql = planScript(plan, ledger)
    return { text: sql, json: { sql }, exit: EXIT.done }
  }
  const isDefault = direction === 'up' && target === 'head'
  const args = isDefault ? [] : [target]
  const command = word({ command: direction, args, options: { planHash: hash } })
  const ending = outOfOrder
    ? renderFailure(outOfOrder, word)
    : `To run this and nothing else: ${command}`
  return {
    // Before it is rendered: a statement that speaks of a secret must not blank the literals of all others.
    text: renderPlan(maskAll(previewed), ending),
    json: maskAll({ ...plan, hash, ...(facts && { facts }) }),
    exit: EXIT.done,
  }
}
