const SHORT: readonly (readonly [RegExp, string])[] = [
  [/^character varying/, 'varchar'],
  [/^character\b/, 'char'],
  [/^timestamp(\(\d\))? with time zone/, 'timestamptz$1'],
  [/^timestamp(\(\d\))? without time zone/, 'timestamp$1'],
  [/^time(\(\d\))? with time zone/, 'timetz$1'],
  [/^time(\(\d\))? without time zone/, 'time$1'],
  [/^double precision/, 'float8'],
  [/^public\./, ''],
]

/** `timestamp with time zone` → `timestamptz`, which PostgreSQL takes as well. */
export function shortenType(type: string): string {
  return SHORT.reduce((shortened, [long, short]) => shortened.replace(long, short), type)
}
