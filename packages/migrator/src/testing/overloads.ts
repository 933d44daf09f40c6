import { isSoak } from '@techfacts/postgres/testing'
import type { Client } from 'pg'
import { parse } from 'libpg-query'
import { withClient } from './query.ts'

/** Every name that statements leave to the search path, or would if they were not qualified. */
export interface UsedNames {
  /** With the numbers of arguments that each is called with. */
  readonly functions: ReadonlyMap<string, ReadonlySet<number>>
  readonly operators: ReadonlySet<string>
  readonly types: ReadonlySet<string>
  readonly relations: ReadonlySet<string>
}

/** Operators that the grammar has in other words. */
const IN_WORDS: Readonly<Record<string, readonly string[]>> = {
  AEXPR_BETWEEN: ['>=', '<='],
  AEXPR_NOT_BETWEEN: ['<', '>'],
  AEXPR_BETWEEN_SYM: ['>=', '<='],
}

/** Reads the names from the parse trees. */
export async function namesUsedBy(statements: Iterable<string>): Promise<UsedNames> {
  const functions = new Map<string, Set<number>>()
  const operators = new Set<string>(['='])
  const types = new Set<string>()
  const relations = new Set<string>()
  const made = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null) return
    for (const [kind, child] of Object.entries(value)) {
      const node = child as Record<string, unknown>
      const last = lastName(node?.['funcname'] ?? node?.['names'] ?? node?.['name'])
      if (kind === 'FuncCall' && last !== undefined) {
        const args = (node['args'] as unknown[] | undefined)?.length ?? 0
        functions.set(last, (functions.get(last) ?? new Set()).add(args))
      }
      if (kind === 'A_Expr' && last !== undefined) {
        for (const name of IN_WORDS[String(node['kind'])] ?? [last]) operators.add(name)
      }
      if ((kind === 'TypeName' || kind === 'typeName') && last !== undefined) types.add(last)
      if (kind === 'CreateStmt' || kind === 'ViewStmt') made.add(relationOf(node))
      if (kind === 'RangeVar' && node['schemaname'] === undefined) {
        relations.add(String(node['relname']))
      }
      visit(child)
    }
  }
  for (const statement of statements) {
    // What is not SQL for the parser was meant to be refused.
    visit(await parse(statement).catch(() => undefined))
  }
  // What a statement makes is the author's, and is his before it is anybody's.
  return { functions, operators, types, relations: relations.difference(made) }
}

/** Of a statement that makes a table or a view. */
function relationOf(node: Record<string, unknown>): string {
  const { relname } = (node['relation'] ?? node['view'] ?? {}) as { relname?: string }
  return relname ?? ''
}

function lastName(names: unknown): string | undefined {
  if (!Array.isArray(names)) return undefined
  const last = names.at(-1) as { String?: { sval?: string } } | undefined
  return last?.String?.sval
}

/** Types of values that the engine handles, those that it gives to functions of any type first. */
const ANY =
  'text bigint numeric name integer oid varchar boolean regclass "char" smallint jsonb timestamptz json uuid text[] name[] oid[]'.split(
    ' ',
  )

const ARRAYS = [
  'text[]',
  'name[]',
  'varchar[]',
  'oid[]',
  'smallint[]',
  'integer[]',
  'bigint[]',
  '"char"[]',
  'regclass[]',
  'boolean[]',
  'jsonb[]',
  'aclitem[]',
  'int2vector',
  'oidvector',
]

/** What PostgreSQL would otherwise cast to a parameter's type: an overload of exactly that is preferred. */
const CLOSER: Readonly<Record<string, readonly string[]>> = {
  text: ['varchar', 'name', 'bpchar', '"char"', 'regclass', 'regtype'],
  name: ['text', 'varchar'],
  bigint: ['integer', 'smallint', 'oid'],
  integer: ['smallint', 'bigint', 'oid'],
  numeric: ['bigint', 'integer', 'smallint'],
  'double precision': ['numeric', 'bigint', 'integer', 'real'],
  oid: ['regclass', 'regtype', 'regproc', 'regprocedure', 'regnamespace', 'integer', 'bigint'],
  regclass: ['oid', 'text', 'varchar', 'name'],
  jsonb: ['json', 'text'],
  json: ['jsonb', 'text'],
  'timestamp with time zone': ['timestamp', 'date'],
}

const ELEMENT = /^(any|anyelement|anynonarray|anycompatible|anycompatiblenonarray|"any")$/

/** A name and the types that an overload of it takes. */
type Signature = readonly string[]

/**
 * At most about so many overloads of one function for one number of arguments: PostgreSQL looks at all of them at each
 * call. With fewer than 256 there are not four types for each of four arguments, and some calls are not met.
 */
const MOST = isSoak ? 600 : 256

/** Makes, as whoever `url` names, overloads that say that they were called; returns how many. */
export async function makeOverloads(url: string, used: UsedNames): Promise<number> {
  return withClient(url, (client) => makeAll(client, used))
}

async function makeAll(client: Client, used: UsedNames): Promise<number> {
  await client.query(
    `create table public.called (what text, role text); grant all on public.called to public`,
  )
  const functions = await overloadsOfFunctions(client, used)
  const statements = [
    ...functions,
    ...overloadsOfOperators(used),
    ...(await hostileTypes(client, used)),
    ...[...used.relations].map((name) => hostileRelation(name)),
  ]
  await client.query(MAKER)
  let made = 0
  // A transaction holds a lock on each.
  for (let from = 0; from < statements.length; from += BATCH) {
    const { rows } = await client.query<{ made: number }>('select pg_temp.make($1) as made', [
      statements.slice(from, from + BATCH),
    ])
    made += rows[0]?.made ?? 0
  }
  return made
}

const BATCH = 500

/** Not all of them can be made: some are there already, of some types there are no operators. */
const MAKER = `create function pg_temp.make(statements text[]) returns integer language plpgsql as $$
  declare made integer := 0; one text;
  begin
    foreach one in array statements loop
      begin execute one; made := made + 1; exception when others then null; end;
    end loop;
    return made;
  end $$`

async function overloadsOfFunctions(client: Client, used: UsedNames): Promise<string[]> {
  const { rows } = await client.query<{
    name: string
    types: string[]
    variadic: string | null
    result: string
    isset: boolean
  }>(
    `select proname as name, array(select format_type(t, null) from unnest(proargtypes) with ordinality as a (t, n) order by n) as types,
            case when provariadic <> 0 then format_type(provariadic, null) end as variadic,
            format_type(prorettype, null) as result, proretset as isset
       from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname = any($1)`,
    [[...used.functions.keys()]],
  )
  return rows.flatMap(({ name, types, variadic, result, isset }) =>
    [...(used.functions.get(name) ?? [])].flatMap((count) => {
      const fixed = variadic === null ? types.slice(0, count) : types.slice(0, -1)
      const rest =
        variadic === null
          ? []
          : Array.from({ length: Math.max(0, count - fixed.length) }, () => variadic)
      const own = [...fixed, ...rest]
      if (own.length !== count || count === 0) return []
      const returns = /^(any|"any"|internal)/.test(result) ? 'text' : result
      return product(own.map(closerThan)).map((signature) =>
        hostileFunction(`"${name}"`, signature, isset ? `setof ${returns}` : returns),
      )
    }),
  )
}

function closerThan(type: string): Signature {
  if (ELEMENT.test(type)) return ANY
  if (/^any\w*array$/.test(type)) return ARRAYS
  return [type, ...(CLOSER[type] ?? [])]
}

/** Every combination, of the likeliest types where there are too many; and those of one type in every other place. */
function product(choices: readonly Signature[]): Signature[] {
  const most = Math.max(1, Math.floor(MOST ** (1 / choices.length)))
  const likely = choices.map((own) => own.slice(0, most))
  const combined = likely.reduce<Signature[]>(
    (all, own) => all.flatMap((head) => own.map((type) => [...head, type])),
    [[]],
  )
  if (likely.every(({ length }, i) => length === choices[i]?.length)) return combined
  // The first of two is often a format, a separator, or a key.
  const alike = [...new Set(choices.flat())].flatMap((type) =>
    [1, 2].map((step) =>
      choices.map((own, i) =>
        i % step === step - 1 && own.includes(type) ? type : (own[0] ?? type),
      ),
    ),
  )
  return [...combined, ...alike]
}

function hostileFunction(name: string, signature: Signature, returns: string): string {
  const what = `${name}(${signature.join(', ')})`.replaceAll("'", "''")
  const back = returns.startsWith('setof') ? 'return' : 'return null'
  return `create function public.${name}(${signature.join(', ')}) returns ${returns} language plpgsql as $hostile$
    begin
      raise warning 'HOSTILE % as %', '${what}', current_user;
      begin insert into public.called values ('${what}', current_user); exception when others then null; end;
      ${back};
    end $hostile$`
}

const GROUPS = [
  ['text', 'varchar', 'name', '"char"', 'bpchar'],
  [
    'oid',
    'smallint',
    'integer',
    'bigint',
    'numeric',
    'regclass',
    'regtype',
    'regproc',
    'regnamespace',
  ],
  ['jsonb', 'json', 'text', 'integer'],
  ['timestamptz', 'timestamp', 'interval', 'date'],
  ['text[]', 'name[]', 'varchar[]', 'text', 'name'],
  ['oid[]', 'oidvector', 'int2vector', 'smallint[]', 'integer[]', 'oid', 'smallint'],
]
const ALONE = [
  'boolean',
  'uuid',
  'xid',
  'aclitem[]',
  '"char"[]',
  'regclass[]',
  'bigint[]',
  'tid',
  'pg_lsn',
]

function overloadsOfOperators({ operators }: UsedNames): string[] {
  const pairs = [
    ...GROUPS.flatMap((group) => product([group, group])),
    ...ALONE.map((type) => [type, type]),
  ]
  const list = [...operators]
  return list.flatMap((operator, i) =>
    pairs.flatMap(([left = '', right = ''], j) => {
      const returns =
        /^[<>=~!@&?]+\*?$/.test(operator) && !operator.includes('->') ? 'boolean' : 'text'
      const name = `"operator ${i} ${j}"`
      // The text of its call is the operator's.
      const body = hostileFunction(name, [left, right], returns).replaceAll(
        `'${name}(`,
        `'operator ${operator} (`,
      )
      return [
        body,
        `create operator public.${operator} (function = public.${name}, leftarg = ${left}, rightarg = ${right})`,
      ]
    }),
  )
}

/** Under the names of PostgreSQL's own types alone: others are the author's. */
async function hostileTypes(client: Client, { types }: UsedNames): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(typname) as name from pg_type
      where typnamespace = 'pg_catalog'::regnamespace and typname = any($1)`,
    [[...types]],
  )
  return rows.map(
    ({ name }) =>
      `create domain public.${name} as pg_catalog.text check (pg_catalog.set_config('hostile.type', 'used', false) = 'x')`,
  )
}

/** A view that says when it is read. Where there is a table of that name it is the author's. */
function hostileRelation(name: string): string {
  const what = `relation ${name}`.replaceAll("'", "''")
  const quoted = `"${name.replaceAll('"', '""')}"`
  const spring = `"read ${name.replaceAll('"', '""')}"`
  return `do $do$ begin
    execute $x$${hostileFunction(spring, [], 'text').replaceAll('$x$', '')}$x$;
    execute $x$create view public.${quoted} as select public.${spring}() as "${what}"$x$;
  end $do$`
}
