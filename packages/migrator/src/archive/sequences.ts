import type pg from 'pg'

/** Where the sequences of a table's columns stand: the last value that each has given out. */
export async function readSequences(
  client: pg.ClientBase,
  oid: string,
): Promise<Record<string, string>> {
  const { rows } = await client.query<{ column: string; last: string }>(
    `select a.attname as column, pg_sequence_last_value(seqrelid)::text as last
       from pg_sequence join pg_depend s on s.objid = seqrelid and s.classid = 'pg_class'::regclass
       join pg_attribute a on a.attrelid = s.refobjid and a.attnum = s.refobjsubid
      where s.refobjid = $1 and s.refclassid = 'pg_class'::regclass and s.deptype in ('a', 'i')
        and pg_sequence_last_value(seqrelid) is not null`,
    [oid],
  )
  return Object.fromEntries(rows.map(({ column, last }) => [column, last]))
}

/** Moves the sequences of a table's columns on, to where they stood; never back. */
export async function advanceSequences(
  client: pg.ClientBase,
  table: string,
  sequences: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [column, last] of Object.entries(sequences)) {
    await client.query(
      `select setval(name::regclass, $3::bigint) from pg_get_serial_sequence($1, $2) as name
        where name is not null and $3::bigint > coalesce(pg_sequence_last_value(name::regclass), 0)
          and exists (select from pg_attribute where attrelid = $1::regclass and attname = $2 and not attisdropped)`,
      [table, column, last],
    )
  }
}
