import type { Catalog, CatalogObject } from '../catalog/index.ts'

/** Objects that look as if they were there, and do not do, or not wholly, what they are for; a sentence each. */
export function unusableObjects({ objects }: Catalog): string[] {
  return objects.flatMap((object) => {
    const says = unusable(object)
    return says === undefined ? [] : [says]
  })
}

function unusable(object: CatalogObject): string | undefined {
  const { kind, identity } = object
  if (kind === 'index' && (object.invalid || object.notReady)) {
    return `Index ${identity} is invalid: no query uses it. Drop it and build it again, or run: reindex index concurrently ${identity}`
  }
  if (kind === 'constraint' && object.notValid) {
    return `Constraint ${identity} holds for new rows only. Run: alter table ${object.of} validate constraint …`
  }
  if (kind === 'column' && object.notNullNotValid) {
    return `NOT NULL of ${identity} holds for new rows only. Validate its constraint.`
  }
  if (kind === 'constraint' && object.triggersDisabled) {
    return `Constraint ${identity} is not enforced: its triggers are disabled. Run: alter table ${object.of} enable trigger all`
  }
  if (kind === 'table' && object.detaching) {
    return `Partition ${identity} is half detached. Run: alter table ${object.partitionOf ?? '…'} detach partition ${identity} finalize`
  }
  return undefined
}
