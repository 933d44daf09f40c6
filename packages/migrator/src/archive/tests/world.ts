import { escapeIdentifier } from 'pg'
import { quoteName } from '../../sql/quote-name.ts'
import type { Random } from '../../rows/random.ts'
import { TYPES, TYPES_GIVEN, type ColumnType } from './types.ts'

export const quote = escapeIdentifier
/** As a literal, with no E before it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** What a case is put together from. */
export interface Draft {
  readonly given: string[]
  readonly tables: Table[]
  /** A name that nothing else has. */
  name(): string
}

export interface Column {
  /** Quoted. */
  readonly sql: string
  readonly type: ColumnType
}

export interface Table {
  readonly name: string
  readonly schema: string
  /** Quoted and qualified. */
  readonly sql: string
  /** Without what its key is made of. */
  readonly columns: readonly Column[]
  readonly key: 'id' | 'pair' | 'none' | 'unique'
  readonly rows: number
  readonly isUnlogged: boolean
  /** A row of a table that inherits from it has to be told more. */
  readonly hasIdentity: boolean
}

/** Each is unlike a plain word in another way; a number makes it unique. */
const NAMES = [
  't',
  'Order Items',
  'a.b',
  'per%cent',
  'say "x"',
  'SELECT',
  "it's",
  'back\\slash',
  'späce ünï',
  '$1',
  'x'.repeat(60),
  'entries',
]

/** Names that a query of the archive may well give its own tables and columns. */
const ALIASES = [
  't',
  'a',
  'e',
  's',
  'q',
  'n',
  'old',
  'new',
  'nth',
  'entry',
  'row',
  'key',
  'value',
  'rows',
  'source',
  'target',
  'copy',
]

export function draft(random: Random): Draft {
  let count = 0
  const made: Draft = {
    given: ['create schema other', ...TYPES_GIVEN],
    tables: [],
    name: () => {
      count += 1
      return random.chance(0.35) ? `${random.pick(NAMES)}${count}` : `t${count}`
    },
  }
  return made
}

export function makeTable(
  random: Random,
  draft: Draft,
  schema = 'public',
): { table: Table; sql: string[] } {
  const name = draft.name()
  const key = random.pick(['id', 'id', 'id', 'id', 'pair', 'none', 'unique'] as const)
  const columns = random.times(1, 4, (n): Column => ({
    sql: quote(
      random.chance(0.2)
        ? `${random.pick(NAMES)}_${n}`
        : random.chance(0.2)
          ? `${random.pick(ALIASES)}${n || ''}`
          : `c${n}`,
    ),
    type: random.pick(TYPES),
  }))
  const isUnlogged = random.chance(0.06)
  const hasIdentity = random.chance(0.12)
  const table = {
    name,
    schema,
    sql: quoteName(name, schema),
    columns,
    key,
    rows: random.int(0, 8),
    isUnlogged,
    hasIdentity,
  }
  const keys = {
    id: ['id int primary key'],
    unique: ['id int not null unique'],
    pair: ['a int', 'b text'],
    none: ['id int'],
  }
  const parts = [
    ...keys[key],
    ...columns.map(
      (column) =>
        `${column.sql} ${column.type.sql}${random.chance(0.15) ? defaultOf(random, column) : ''}`,
    ),
    ...(random.chance(0.15)
      ? [`g int generated always as (${key === 'pair' ? 'a' : 'id'} * 2) stored`]
      : []),
    ...(key === 'pair' ? ['primary key (a, b)'] : []),
    ...(random.chance(0.15) ? ['ser serial'] : []),
    ...(hasIdentity
      ? [
          `ident int generated ${random.pick(['always', 'by default'])} as identity${random.pick(['', ' (increment by -1)', ' (start 100 increment 10)'])}`,
        ]
      : []),
  ]
  const lost = random.chance(0.15) ? [`alter table ${table.sql} drop column lost`] : []
  if (lost.length > 0) parts.unshift('lost text')
  const unlogged = isUnlogged ? 'unlogged ' : ''
  return { table, sql: [`create ${unlogged}table ${table.sql} (${parts.join(', ')})`, ...lost] }
}

/** An INSERT of the table's rows, with keys above `from`. */
export function fill(random: Random, table: Table, from = 0, rows = table.rows): string[] {
  if (rows === 0) return []
  const columns = random.some(table.columns, random.int(1, table.columns.length))
  const keys = table.key === 'pair' ? ['a', 'b'] : ['id']
  const values = Array.from({ length: rows }, (_, n) => {
    const id = from + n + 1
    const keyValues = {
      id: [`${id}`],
      unique: [`${id}`],
      pair: [`${Math.ceil(id / 2)}`, `'${id % 2 ? 'x' : 'y'}${from || ''}'`],
      // Some rows are just the same.
      none: [`${from + Math.ceil((n + 1) / 2)}`],
    }[table.key]
    return `(${[...keyValues, ...columns.map((column) => valueOf(random, column))].join(', ')})`
  })
  return [
    `insert into ${table.sql} (${[...keys, ...columns.map(({ sql }) => sql)].join(', ')}) values ${values.join(', ')}`,
  ]
}

export function valueOf(random: Random, { type }: Column): string {
  return random.chance(0.2) ? 'null' : random.pick(type.values)
}

/** Without what would need a query. */
export function defaultOf(random: Random, { type }: Column): string {
  const values = type.values.filter((value) => !value.startsWith('('))
  return ` default ${random.pick(values)}`
}

/** The first column of a table's key, which is a number. */
export function idOf({ key }: Table): string {
  return key === 'pair' ? 'a' : 'id'
}

/** Tables with rows, bound by keys, triggers, rules and policies. */
export function makeWorld(random: Random, draft: Draft): void {
  for (let n = random.int(1, 3); n > 0; n -= 1) {
    const { table, sql } = makeTable(random, draft, random.chance(0.15) ? 'other' : 'public')
    draft.given.push(...sql, ...fill(random, table))
    draft.tables.push(table)
  }
  const [first, second] = draft.tables
  if (first && second && random.chance(0.6)) draft.given.push(...foreignKey(random, second, first))
  if (first && random.chance(0.12)) draft.given.push(...foreignKey(random, first, first))
  for (const table of draft.tables) {
    if (random.chance(0.3)) draft.given.push(...trigger(random, draft, table))
    if (random.chance(0.06)) draft.given.push(...rule(random, draft, table))
    if (random.chance(0.06)) draft.given.push(...policy(random, table))
    if (!table.hasIdentity && random.chance(0.1)) draft.given.push(...heirs(random, draft, table))
    if (random.chance(0.1))
      draft.given.push(`create view ${quote(draft.name())} as select * from ${table.sql}`)
  }
}

/** `ref` in the one table refers to the first column of the other's key. */
export function foreignKey(random: Random, from: Table, to: Table): string[] {
  if ((to.key !== 'id' && to.key !== 'unique') || from.isUnlogged !== to.isUnlogged) return []
  const action = () => random.pick(['cascade', 'set null', 'set default', 'restrict', 'no action'])
  const deferrable = random.pick(['', '', '', ' deferrable initially deferred', ' deferrable'])
  return [
    `alter table ${from.sql} add column ref int default null`,
    // Rules that stand in the way come later.
    `update ${from.sql} set ref = (select id from ${to.sql} q order by id offset ${random.int(0, 2)} limit 1)`,
    `alter table ${from.sql} add foreign key (ref) references ${to.sql} (id) on delete ${action()} on update ${action()}${deferrable}`,
  ]
}

function trigger(random: Random, draft: Draft, table: Table): string[] {
  const other = random.pick(draft.tables)
  const name = quote(draft.name())
  const log = quoteName(draft.name(), 'public')
  const bodies: readonly (readonly [events: string, body: string])[] = [
    [
      'after delete on # for each row',
      `delete from ${other.sql} where ${idOf(other)} = old.${idOf(table)} + 1; return null;`,
    ],
    ['before delete on # for each row', 'return null;'],
    [
      'before delete on # for each row',
      `if old.${idOf(table)} % 2 = 0 then return null; end if; return old;`,
    ],
    ['after update on # for each row', `delete from ${log} where n < 3; return null;`],
    ['before update on # for each row', `new.touched := coalesce(new.touched, 0) + 1; return new;`],
    ['before insert or update on # for each row', `new.touched := 1; return new;`],
    ['after delete or update on # for each statement', `update ${log} set n = n + 1; return null;`],
    ['after insert on # for each row', `insert into ${log} values (100); return null;`],
    ['after truncate on # for each statement', `delete from ${log}; return null;`],
  ]
  const [events, body] = random.pick(bodies)
  const definer = random.chance(0.2) ? ' security definer' : ''
  return [
    `create table ${log} (n int)`,
    `insert into ${log} select generate_series(1, 4)`,
    `alter table ${table.sql} add column touched int`,
    `create function ${name}() returns trigger language plpgsql${definer} as $f$ begin ${body} end $f$`,
    `create trigger ${name} ${events.replace('#', () => table.sql)} execute function ${name}()`,
    ...(random.chance(0.1) ? [`alter table ${table.sql} disable trigger ${name}`] : []),
    ...(random.chance(0.1) ? [`alter table ${table.sql} enable always trigger ${name}`] : []),
  ]
}

function rule(random: Random, draft: Draft, table: Table): string[] {
  const log = quoteName(draft.name(), 'public')
  const rules = [
    `on delete to # do instead nothing`,
    `on delete to # do also delete from ${log} where n <= 2`,
    `on update to # do also update ${log} set n = n + 1`,
    `on insert to # do also insert into ${log} values (9)`,
    `on insert to # do instead nothing`,
    `on update to # do instead insert into ${log} values (7)`,
  ]
  return [
    `create table ${log} (n int)`,
    `insert into ${log} select generate_series(1, 4)`,
    `create rule r as ${random.pick(rules).replace('#', () => table.sql)}`,
  ]
}

function policy(random: Random, table: Table): string[] {
  return [
    `alter table ${table.sql} enable row level security`,
    `create policy half on ${table.sql} using (${idOf(table)} % 2 = 0) with check (true)`,
    ...(random.chance(0.5) ? [`alter table ${table.sql} force row level security`] : []),
  ]
}

/** A table that inherits. */
function heirs(random: Random, draft: Draft, table: Table): string[] {
  const heir = quoteName(draft.name(), 'public')
  const id = idOf(table)
  const keys = table.key === 'pair' ? 'a, b' : 'id'
  return [
    `create table ${heir} (more text) inherits (${table.sql})`,
    `insert into ${heir} (${keys}, more) select ${id} + 500${table.key === 'pair' ? ', b' : ''}, 'heir' from only ${table.sql} limit ${random.int(1, 3)}`,
  ]
}
