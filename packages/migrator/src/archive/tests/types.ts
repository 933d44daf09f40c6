/** A type of column, with values that a copy may spoil; all as SQL. */
export interface ColumnType {
  readonly sql: string
  readonly values: readonly string[]
}

const LONG = `=(select string_agg(md5(n::text), '') from generate_series(1, 200) n)`

const type = (sql: string, ...values: string[]): ColumnType => ({
  sql,
  // What begins with = is an expression.
  values: values.map((value) => (value.startsWith('=') ? value.slice(1) : `'${value}'`)),
})

/** What these are made of is in {@link TYPES_GIVEN}. */
export const TYPES: readonly ColumnType[] = [
  type('int', '0', '-1', '2147483647', '7'),
  type('smallint', '0', '-32768'),
  type('bigint', '9223372036854775807', '-9223372036854775808', '5'),
  type('numeric(20,6)', '1.5', 'NaN', '-0.000001', '12345678901234.123456'),
  type('numeric', 'NaN', 'Infinity', '1e40', '0.10', '0.1000'),
  type('real', '0.1', '-0', 'NaN', 'Infinity', '1e-40', '16777217'),
  type('double precision', '0.1', '-0', 'NaN', '-Infinity', '0.30000000000000004', '5e-324'),
  type(
    'text',
    '',
    'NULL',
    'null',
    '\\',
    "it''s",
    'é😀',
    ' x ',
    '"q"',
    'a,b',
    '{x}',
    "=(select repeat('long ', 3000))",
    LONG,
  ),
  type('varchar(12)', '', 'abc', 'abc ', 'ünïcödé'),
  type('char(5)', '', 'ab', 'abcde'),
  type('bytea', '\\x', '\\x00ff5c27', '\\xdeadbeef'),
  type('boolean', 't', 'f'),
  type('date', '2026-02-28', 'infinity', '0044-03-15 BC', '5874897-12-31'),
  type('time', '00:00', '24:00:00', '23:59:59.999999'),
  type('timetz', '12:00:00+05:45', '00:00:00-12'),
  type(
    'timestamp',
    '2026-03-29 02:30:00',
    '-infinity',
    '0001-01-01 00:00:00 BC',
    '2026-11-01 01:30:00.123456',
  ),
  type(
    'timestamptz',
    '2026-10-25 00:30:00+00',
    '2026-10-25 01:30:00+00',
    'infinity',
    '1900-01-01 00:00:00.5+00',
  ),
  type('interval', '1 year -2 days 03:04:05.678', '-1 mon +1 day -00:00:01', '0'),
  type('json', '{"b": 1,  "a": [null], "b": 2}', 'null', '" x"'),
  type('jsonb', '{"b": 1, "a": [null, 1.10]}', 'null', '[]'),
  type('uuid', '00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
  type('int[]', '{}', '{1,NULL,3}', '[0:1]={1,2}', '{{1,2},{3,NULL}}'),
  type('text[]', '{x,NULL,y}', '{"NULL",""}', '{}', '{"a,b","\\""}'),
  type('timestamptz[]', '{"2026-10-25 00:30:00+00",NULL}'),
  type('mood', 'sad', 'glad'),
  type('mood[]', '{sad,NULL,glad}'),
  type('word', 'a', 'b c'),
  type('pair', '(1,x)', '(,)', '(2,"")', '(3,"a,b")'),
  type('int4range', '[1,5)', 'empty', '(,3)'),
  type('tstzrange', '["2026-01-01 00:00:00+00","2026-02-01 00:00:00+00")', '(,)'),
  type('int4multirange', '{[1,3),[5,7)}', '{}'),
  type('inet', '10.0.0.1/8', '::1'),
  type('macaddr', '08:00:2b:01:02:03'),
  type('bit(3)', '101', '000'),
  type('varbit', '', '10101'),
  type('tsvector', 'fat:2,4A cat:3', ''),
  type('money', '12.34', '-0.01'),
  type('point', '(0.1,2)', '(NaN,0)'),
  type('xml', '<a b="1">x</a>', 'text only', '<a/><b/>'),
  type('"char"', 'x', ''),
  type('name', 'a name'),
]

export const TYPES_GIVEN = [
  `create type mood as enum ('sad', 'glad')`,
  `create domain word as text check (value <> 'forbidden')`,
  'create type pair as (n int, s text)',
]

/** A change of type on the way back, which may lose; the way up is through `up`, or text. */
export interface Conversion {
  readonly wide: string
  readonly narrow: string
  readonly values: readonly string[]
  /** `x` is the column. */
  readonly down: string
  readonly up?: string
}

const conversion = (wide: string, narrow: string, down = '', up = ''): Conversion => ({
  wide,
  narrow,
  values: TYPES.find(({ sql }) => sql === wide)?.values ?? [],
  down: down && ` using ${down}`,
  ...(up && { up }),
})

const converting: readonly Conversion[] = [
  conversion('numeric(20,6)', 'numeric(18,2)'),
  conversion('numeric(20,6)', 'text'),
  conversion(
    'double precision',
    'real',
    `case when abs(x) between 1e-30 and 1e30 or x = 0 then x end::real`,
  ),
  conversion('double precision', 'text'),
  conversion('real', 'text'),
  conversion(
    'double precision',
    'numeric',
    'case when x < 1e300 and x > -1e300 then x end::numeric',
  ),
  conversion('timestamptz', 'date'),
  conversion('timestamptz', 'timestamp'),
  conversion('timestamptz', 'text'),
  conversion('timestamptz', 'timestamptz(0)'),
  conversion('timestamp', 'date'),
  conversion('timestamp', 'timestamptz'),
  conversion('timestamp', 'text'),
  conversion('date', 'text'),
  conversion('timetz', 'time'),
  conversion('interval', 'text'),
  conversion('interval', 'interval(0)'),
  conversion('text', 'varchar(3)', 'substring(x for 3)'),
  conversion('text', 'char(5)', 'x::char(5)'),
  conversion('text', 'int', 'length(x)'),
  conversion('text', 'boolean', `x = 'NULL'`),
  conversion('text', 'bytea', `convert_to(x, 'UTF8')`, `convert_from(x, 'UTF8')`),
  conversion('bytea', 'text', 'x::text'),
  conversion('bigint', 'double precision'),
  conversion('bigint', 'smallint', '(x % 100)::smallint'),
  conversion('int', 'boolean', 'x <> 0', 'x::int'),
  conversion('json', 'jsonb', 'x::jsonb'),
  conversion('jsonb', 'text'),
  conversion('jsonb', 'boolean', `x is null`, `to_jsonb(x)`),
  conversion('text[]', 'text', 'x::text'),
  conversion('text[]', 'text', `array_to_string(x, ',')`, `string_to_array(x, ',')`),
  conversion('int[]', 'int', 'x[1]', 'array[x]'),
  conversion('mood', 'text'),
  conversion('text', 'mood', `case when x like '%x%' then 'sad' else 'glad' end::mood`),
  conversion('money', 'numeric', 'x::numeric', 'x::money'),
  conversion('inet', 'text'),
  conversion('xml', 'text'),
  conversion('pair', 'text', 'x::text'),
  conversion('pair', 'int', '(x).n', `row(x, 'up')::pair`),
  conversion('tsvector', 'text', 'x::text'),
  conversion('text', 'text', 'upper(x)'),
  conversion('text', 'text', `x || current_setting('timezone')`),
  conversion('text', 'text', 'md5(random()::text)'),
  conversion('varchar(12)', 'text'),
  conversion('char(5)', 'text'),
  conversion('uuid', 'text'),
  conversion('word', 'text'),
  conversion('bit(3)', 'int', 'x::int', 'x::bit(3)'),
]

export const CONVERSIONS = converting

/** Settings that change what a text means or a value looks like. */
export const SETTINGS: readonly (readonly [name: string, ...values: string[]])[] = [
  ['timezone', 'America/New_York', 'Asia/Kathmandu', 'Europe/Berlin', 'UTC'],
  ['datestyle', 'German', 'SQL, DMY', 'Postgres, MDY'],
  ['intervalstyle', 'sql_standard', 'iso_8601', 'postgres_verbose'],
  ['extra_float_digits', '-5', '0', '3', '-15'],
  ['bytea_output', 'escape'],
  ['array_nulls', 'off'],
  ['xmloption', 'document'],
  ['standard_conforming_strings', 'off'],
  ['default_transaction_isolation', 'serializable', 'repeatable read'],
  ['default_transaction_read_only', 'on'],
  ['row_security', 'off'],
  ['search_path', '"$user", public, pg_catalog', 'public', 'other, public', 'public, pg_temp'],
  ['lc_monetary', 'C.UTF-8'],
  ['quote_all_identifiers', 'on'],
  ['transform_null_equals', 'on'],
  ['check_function_bodies', 'off'],
  ['statement_timeout', '60s'],
  ['lock_timeout', '10s'],
  ['client_min_messages', 'error'],
  ['enable_seqscan', 'off'],
  ['default_toast_compression', 'pglz'],
]

export const SUPERUSER_SETTINGS: typeof SETTINGS = [
  ['session_replication_role', 'replica', 'local'],
]
