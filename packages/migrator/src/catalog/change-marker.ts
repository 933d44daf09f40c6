import type { ClientBase } from 'pg'

/**
 * Every system catalog that is read, except those of the whole server and those that ordinary roles may not read (the
 * passwords of user mappings).
 */
const SOURCES = [
  'pg_aggregate',
  'pg_am',
  'pg_amop',
  'pg_amproc',
  'pg_attrdef',
  'pg_attribute',
  'pg_cast',
  'pg_class',
  'pg_collation',
  'pg_constraint',
  'pg_conversion',
  'pg_default_acl',
  'pg_depend',
  'pg_description',
  'pg_enum',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_foreign_table',
  'pg_index',
  'pg_inherits',
  'pg_init_privs',
  'pg_language',
  'pg_largeobject_metadata',
  'pg_namespace',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_partitioned_table',
  'pg_policy',
  'pg_proc',
  'pg_publication',
  'pg_publication_namespace',
  'pg_publication_rel',
  'pg_range',
  'pg_rewrite',
  'pg_seclabel',
  'pg_sequence',
  'pg_statistic_ext',
  'pg_transform',
  'pg_trigger',
  'pg_ts_config',
  'pg_ts_config_map',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
  'pg_type',
]

/** Of what all databases of the server share, only what is about this one. */
const SHARED = [
  `(select concat_ws('-', datdba, datacl::text, shobj_description(oid, 'pg_database')) from pg_database where datname = current_database())`,
  `(select string_agg(concat_ws('-', setrole, setconfig::text), ' ' order by setrole) from pg_db_role_setting
     where setdatabase = (select oid from pg_database where datname = current_database()))`,
  `(select string_agg(concat_ws('-', oid, subname, subowner, subenabled, subbinary, substream,
       subtwophasestate <> 'd', subdisableonerr, subslotname, subsynccommit, subpublications::text), ' ' order by oid)
      from pg_subscription where subdbid = (select oid from pg_database where datname = current_database()))`,
]

/**
 * A value that stays the same for as long as nobody changes the schema: whatever a command changes in a system catalog
 * becomes a new row, with a younger transaction in xmin; VACUUM and ANALYZE write in place. It costs a tenth of reading
 * the schema. Where it has changed the schema may be the same: a temporary table, a restored dump.
 * https://www.postgresql.org/docs/18/ddl-system-columns.html
 */
export async function readMarker(client: Pick<ClientBase, 'query'>): Promise<string> {
  const { rows } = await client.query<{ marker: string }>(markerQuery())
  return rows[0]?.marker ?? ''
}

/**
 * SQL: the number of the transaction in xmin. By its age, which costs half of a cast by way of text; those of initdb and of
 * frozen rows, 1 and 2, have none.
 */
const XID = `(age('3'::xid)::bigint - age(xmin)) & 4294967295`

/**
 * SQL: the same, as `marker`. All rows are counted and summed as one list, whose expressions are planned once: what is new
 * is younger than all that was there, so as many rows with the same sum are the same rows.
 */
export function markerQuery(): string {
  const rows = SOURCES.map((source) => `select xmin from pg_catalog.${source}`).join(' union all ')
  const own = `(select concat_ws('-', count(*), sum(${XID}) filter (where xmin <> '1' and xmin <> '2')) from (${rows}) as one)`
  return `select md5(concat_ws(' ', ${[own, ...SHARED].join(', ')})) as marker`
}
