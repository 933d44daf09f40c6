import type { Node } from '@pgsql/types'
import type { KnownTable } from './known-table.ts'

/** What ALTER TABLE makes of a constraint that is there. */
export function alterConstraint(
  constraints: KnownTable['constraints'],
  subtype: string,
  name: string,
  def: Node | undefined,
): void {
  const attributes = def && 'ATAlterConstraint' in def ? def.ATAlterConstraint : undefined
  const one = constraints.get(attributes?.conname ?? name)
  if (one && subtype === 'AT_ValidateConstraint') one.isValidated = true
  if (!one || !attributes?.alterDeferrability) return
  const { deferrable, initdeferred } = attributes
  const { deferrable: _, initdeferred: __, ...rest } = one.definition
  const definition = {
    ...rest,
    ...(deferrable && { deferrable }),
    ...(initdeferred && { initdeferred }),
  }
  constraints.set(attributes.conname ?? name, { ...one, definition })
}
