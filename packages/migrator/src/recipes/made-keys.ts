import { TEXTS, type TypeChange } from '../known/type-changes.ts'
import { readType } from '../known/parts.ts'
import type { Check } from '../migration.ts'
import type { Copy } from '../safe-forms/copy-column.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { unread } from '../safe-forms/casts.ts'
import { allFit, noDuplicates } from '../safe-forms/pre-checks.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isChanged, KEEP_PATH, readOf } from './triggers.ts'
import { countWritersWithout } from './writers.ts'

/** A column that becomes a uuid which no cast gives. */
export interface MadeValue {
  readonly change: TypeChange
  /** Of a key: its value in a row, as SQL over the columns of that. */
  readonly value: string
  /** The value is of the row: another one has no part in it. */
  readonly isOfRow: boolean
  /** It is the uuid that the text already is. */
  readonly isCast?: boolean
  /** Of such a key: what the new release leaves to the database in a new row, as SQL. */
  readonly preset?: string
  /** What sequence counts the old column, where one does. */
  readonly sequence?: string
  /** Of a column that refers to a key: that one. */
  readonly key?: TypeChange
}

/**
 * A copy whose values are made: a key gets one where none was written, and a column that refers to it has that of the row to
 * which it refers, whichever of the two columns was written.
 *
 * A row may be written before the one to which it refers: by one statement, or where the transaction is asked only when it
 * ends. It makes the value then, and the other row takes it, as long as the transaction lasts. Where that one never comes, the
 * foreign key refuses the row, as it did before.
 */
export function makeValues(copy: Copy, made: MadeValue, copies: readonly Copy[]): Copy {
  const { count: _, ...rest } = copy
  const { change, key, sequence } = made
  const own = {
    ...rest,
    default: undefined,
    path: KEEP_PATH,
    condition: `(${copy.next} is null) = (${copy.old} is null)`,
    ...(sequence !== undefined && {
      sequence: { name: sequence, isReplaced: false, isPlain: true },
    }),
  }
  const referred = key && copies.find(({ fill }) => isCopyOf(fill, key))
  if (!referred) return { ...own, value: made.value, assign: writeKey(copy, made, change) }
  return { ...own, value: readKey(copy, referred), assign: writeReference(copy, referred, made) }
}

const isCopyOf = ({ table, from }: Copy['fill'], change: TypeChange) =>
  table.name === change.table.name && table.schema === change.table.schema && from === change.name

/** What a row gets that is there. */
function readKey({ fill: { table, from } }: Copy, key: Copy): string {
  // A name of the other table would hide that of the row.
  const as = table.name === 'referred' ? 'referred_too' : 'referred'
  const own = `${quoteName(table.name)}.${quoteName(from)}`
  return `(select ${as}.${key.next} from ${key.target} as ${as} where ${as}.${key.old} = ${own})`
}

function writeKey(copy: Copy, made: MadeValue, { from }: TypeChange): string {
  const [old, next] = [`new.${copy.old}`, `new.${copy.next}`]
  const isText = from !== undefined && TEXTS.has(readType(from).name)
  const hasDefault = constraintsOf(from ?? {}).some(({ contype }) => contype === 'CONSTR_DEFAULT')
  // Nothing else gives it a value that is written by the other name.
  const back = isText && !hasDefault ? `${old} := coalesce(${old}, ${next}::text); ` : ''
  const begin =
    made.preset === undefined
      ? ''
      : `if tg_op = 'INSERT' and ${next} is null and ${old} is null then ${old} := (${made.preset})::text; end if; `
  const take = `if ${next} is null and ${old} is not null then ${takeValue(copy, made)}`
  // A key that may be NULL and becomes it is no key any more.
  const leave = `elsif ${old} is null and ${isChanged([copy.fill.from])} then ${next} := null;`
  return `${begin}${back}${take}${copy.isSet === undefined ? ` ${leave}` : ''} end if;`
}

/** Where a row keeps the value that it has made for another one, for as long as the transaction lasts. */
const nameValue = (key: Copy, value: string) =>
  `'made_keys.k' || md5(${quoteLiteral(`${key.target}.${key.old} `)} || ${value}::text)`

const readMade = (name: string) => `nullif(current_setting(${name}, true), '')::uuid`

/** Of a new row of a key: what another one has made for it is taken once. */
function takeValue(key: Copy, { value, isOfRow }: MadeValue): string {
  const own = `new.${key.next}`
  const next = readOf(key.fill.table, value, 'new')
  if (isOfRow) return `${own} := ${next};`
  const name = nameValue(key, `new.${key.old}`)
  return `${own} := coalesce(${readMade(name)}, ${next}); perform set_config(${name}, '', true) where ${readMade(name)} is not null;`
}

function writeReference(copy: Copy, key: Copy, made: MadeValue): string {
  const [old, next] = [`new.${copy.old}`, `new.${copy.next}`]
  const rows = `from ${key.target} as referred where`
  const isOwn = copy.target === key.target
  const [mine, minesCopy] = [`new.${key.old}`, `new.${key.next}`]
  const name = nameValue(key, old)
  // A value of the other row that is not there yet nobody knows here: the foreign key refuses any other one.
  const unknown = made.isCast ? `${old}::uuid` : 'gen_random_uuid()'
  const value = made.isOfRow
    ? unknown
    : `coalesce(${readMade(name)}, set_config(${name}, (${made.value})::text, true)::uuid)`
  return `
  if ${isChanged([copy.fill.to])} then
    if ${next} is null then
      ${old} := null;
    ${isOwn ? `elsif ${next} = ${minesCopy} then ${old} := ${mine};\n    ` : ''}elsif not exists (select ${rows} referred.${key.old} = ${old} and referred.${key.next} = ${next}) then
      ${old} := coalesce((select referred.${key.old} ${rows} referred.${key.next} = ${next}), ${old});
    end if;
  elsif ${next} is null or ${isChanged([copy.fill.from])} then
    ${
      isOwn
        ? `if ${old} = ${mine} then
      if ${minesCopy} is null then ${takeValue(key, made)} end if;
      ${next} := ${minesCopy};
    else`
        : ''
    }
      select referred.${key.next} into ${next} ${rows} referred.${key.old} = ${old};
      if not found and ${old} is not null then ${next} := ${value}; end if;
    ${isOwn ? 'end if;' : ''}
  end if;`
}

/** Of a deferred foreign key: a number that another row has when the transaction ends. */
export function refersToSame({ target, old, next }: Copy, key: Copy): Check {
  return {
    query: `select count(*) as different from ${target} as own join ${key.target} as referred on referred.${key.old} = own.${old}
     where own.${next} is distinct from referred.${key.next}`,
    says: `${old} and ${next} of ${target} are to refer to one row of ${key.target}, and refer to two in some rows. Set ${next} there to the ${key.next} of the row to which ${old} refers. Then run this again.`,
  }
}

/** A text that is no uuid would stop the backfill, and two that are the same one the index. */
export function fitsUuid({ target, old, parts }: Copy, change: TypeChange): Check[] {
  const condition = unread(old, readType(change.to)) ?? ''
  const value = `(case when not ${condition} then ${old}::uuid end)`
  const { name } = parts.find(({ unique }) => unique) ?? { name: old }
  return [
    allFit({ table: target, column: old, type: 'uuid', condition }),
    noDuplicates({ table: target, name, keys: [value], areNullsEqual: false }),
  ]
}

/** A trigger reads the key as whoever writes what refers to it, and finds what that one may see. */
export function mayReadKey(copy: Copy, key: Copy): Check[] {
  const [one, other] = [copy.target, key.target]
  return [
    {
      query: countWritersWithout(['select'], one, other),
      says: `Roles that write ${one} may not read ${other}, to which ${copy.old} refers. Grant them SELECT on it, and USAGE on its schema, then run this again.`,
    },
    {
      query: `select count(*) as tables from pg_class where relrowsecurity and oid = ${quoteLiteral(other)}::regclass`,
      says: `Row level security of ${other} may hide from who writes ${one} the row to which ${copy.old} refers, and its uuid with it. Disable it until the key is a uuid, or change the key in place when the older release is gone. Then run this again.`,
    },
  ]
}
