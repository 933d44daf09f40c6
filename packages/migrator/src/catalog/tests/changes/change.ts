/**
 * One kind of change that the catalog must see. `$` stands for a schema of its own, which is first
 * on the search path too, so that any set of changes can be made to one database, in any order.
 */
export type Change = {
  name: string
  /** What must be there before. */
  given?: string
  change: string
  /** Makes everything as it was; several statements, where one does not do. */
  revert: string
  /** All that the change makes differ: `changed column $.job.at: type, default`. */
  differs: string[]
  /** The first major version that has it; all if not given. */
  since?: number
}

/** Something that is dropped and made again in another way. */
export function remade(
  name: string,
  { given = '', drop, from, to }: { given?: string; drop: string; from: string; to: string },
  differs: string,
): Change {
  return {
    name,
    given: `${given}; ${from}`,
    change: `${drop}; ${to}`,
    revert: `${drop}; ${from}`,
    differs: [differs],
  }
}

/** The schema of a change: its name, as far as an identifier may hold it. */
export function schemaOf(change: Change): string {
  return change.name.replaceAll(/[^a-z0-9]+/g, '_').slice(0, 50)
}
