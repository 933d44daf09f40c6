import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { followingNames, readOne } from '../safe-forms/renamed-objects.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findRenaming } from '../sql/renaming.ts'
import type { Generated, Recipe } from './recipe.ts'

export interface RenamedTable {
  readonly from: Name
  readonly to: Name
}

/** A table with its new name, and a view through which the previous release goes on reading and writing it by the old one. */
export async function renameTable(
  { from, to }: RenamedTable,
  generated: Generated,
  known: KnownObjects,
): Promise<Recipe> {
  const [old, next] = [quoteName(from.name, from.schema), quoteName(to.name, to.schema)]
  const rename = `alter table ${old} rename to ${quoteName(to.name)};`
  const back = `alter table ${next} rename to ${quoteName(from.name)};`
  // Whoever asks it has the rights, and sees the rows, that the table grants. What the old release knows: no column that comes later.
  const columns = [...(known.table(from)?.columns.keys() ?? [])].map((one) => quoteName(one))
  const view = `create view ${old} with (security_invoker = true) as select ${columns.join(', ')} from ${next};`
  const dropView = `drop view ${old};`
  const renaming = await readOne(rename)
  const names = renaming ? followingNames(renaming, known) : []
  const others = await withoutRename(generated)
  return [
    {
      suffix: 'add',
      up: [rename, view],
      down: [dropView, back],
      requires: [sameRights(from, old)],
      survives: `it goes on as the view ${old}, which writes to ${next}`,
    },
    {
      suffix: 'contract',
      up: [dropView, ...names, { generated: others.up }],
      down: [
        { generated: others.down },
        ...(await Promise.all(names.toReversed().map(turnRound))),
        view,
      ],
    },
  ]
}

async function withoutRename({ up, down }: Generated): Promise<Generated> {
  return { up: await listOthers(up), down: await listOthers(down) }
}

async function listOthers(texts: readonly string[]): Promise<string[]> {
  const nodes = await Promise.all(texts.map(readOne))
  return texts.filter((_, n) => !isTableRename(nodes[n]))
}

export function isTableRename(node: Node | undefined): boolean {
  const renaming = node && findRenaming(node)
  return (
    node !== undefined &&
    'RenameStmt' in node &&
    node.RenameStmt.renameType === 'OBJECT_TABLE' &&
    renaming !== undefined
  )
}

/** Gives a constraint or a sequence the name that it had. */
async function turnRound(text: string): Promise<string> {
  const node = await readOne(text)
  if (!node || !('RenameStmt' in node)) return text
  const { relation, subname, newname = '' } = node.RenameStmt
  const { name, schema } = toName(relation)
  return subname === undefined
    ? `alter sequence ${quoteName(newname, schema)} rename to ${quoteName(name)};`
    : `alter table ${quoteName(name, schema)} rename constraint ${quoteName(newname)} to ${quoteName(subname)};`
}

/** A view has the rights that a new one gets, and belongs to who makes it; a right on one column is none that it gets. */
function sameRights({ name, schema }: Name, old: string): Check {
  const table = `${quoteLiteral(quoteName(name, schema))}::regclass`
  const used = `r.grantee is distinct from to_regrole(quote_ident(current_user)) and r.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')`
  return {
    query: `select count(*) as rights from pg_class c, lateral (
       select r.*, false as column from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) r
       union all select r.*, true from pg_attribute a, aclexplode(a.attacl) r where a.attrelid = c.oid) r
     where c.oid = ${table} and ${used} and (r.column or not exists (
       select from pg_default_acl d, aclexplode(d.defaclacl) g
        where d.defaclobjtype = 'r' and d.defaclrole = to_regrole(quote_ident(current_user)) and d.defaclnamespace in (0, c.relnamespace)
          and g.grantee = r.grantee and g.privilege_type = r.privilege_type))`,
    says: `Roles have rights on ${old} that the view does not get by itself. Grant them on the view in this migration, after it is made, and delete this check. Then run this again.`,
  }
}
