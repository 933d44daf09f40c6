/** A column as MikroORM's comparator knows it. */
export interface TypedColumn {
  /** As the entity writes it, or MikroORM for it. */
  readonly type: string
  /** The expression that computes it. */
  readonly generated?: string
  readonly ignoreSchemaChanges?: readonly string[]
}

/** https://www.postgresql.org/docs/18/datatype.html */
const ALIASES: Readonly<Record<string, string>> = {
  bigint: 'int8',
  bool: 'boolean',
  character: 'char',
  'character varying': 'varchar',
  decimal: 'numeric',
  'double precision': 'float8',
  int: 'int4',
  integer: 'int4',
  real: 'float4',
  smallint: 'int2',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
}

/**
 * True where two columns of entities have types that differ as they are written. MikroORM compares them by what they are in
 * JavaScript, and takes a timestamp for a timestamptz, json for jsonb, and one array for any other.
 */
export function haveOtherTypes(one: TypedColumn, other: TypedColumn): boolean {
  const isIgnored = [one, other].some(
    ({ generated, ignoreSchemaChanges }) => generated || ignoreSchemaChanges?.includes('type'),
  )
  return !isIgnored && typeOf(one) !== typeOf(other)
}

/** `numeric(8, 2)[]` by its parts: the name by its alias, then the length and the brackets. */
function typeOf({ type }: TypedColumn): string {
  const text = type.trim().toLowerCase().replaceAll(/\s+/g, ' ')
  const [, name = '', length = '', zone = '', brackets = ''] =
    /^([^([]*?) ?(\([^)]*\))?( with(?:out)? time zone)?((?: ?\[\d*\])*)$/.exec(text) ?? []
  const full = `${name}${zone}`
  return [ALIASES[full] ?? (full || text), length, brackets].join('').replaceAll(' ', '')
}
