import { afterAll, expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { COMMENTS } from './queries/comments.ts'
import { DATABASE_OWNER } from './queries/database.ts'
import { queries } from './queries/index.ts'
import { connect } from './tests/database.ts'

// What a new version of PostgreSQL adds to its catalogs must not be passed over in silence: every
// catalog and every column of one is read by some query, or named here with the reason why not.

const database = await createTestDatabase()
const client = await connect(database.url)
const sql = [DATABASE_OWNER, COMMENTS, ...queries.map((query) => query.sql())].join('\n')

afterAll(async () => {
  await client.end()
  await database.drop()
})

const CATALOGS_LEFT_OUT: Record<string, string> = {
  pg_auth_members: 'roles belong to the server',
  pg_authid: 'roles belong to the server',
  pg_parameter_acl: 'parameters belong to the server',
  pg_replication_origin: 'belongs to the server',
  pg_shdepend: 'follows from owners, grants and policies',
  pg_shdescription:
    'of the database by shobj_description; roles and tablespaces belong to the server',
  pg_shseclabel: 'labels of roles, databases and tablespaces',
  pg_largeobject: 'data',
  pg_statistic: 'data',
  pg_statistic_ext_data: 'data',
  pg_subscription_rel: 'the state of a copy, not a definition',
  pg_partitioned_table: 'by pg_get_partkeydef',
}

/** By pg_get_indexdef and the like: the query calls the function instead. */
const BY_FUNCTION = 'deparsed by a function'
const INTERNAL = 'how it is stored, not what it is'
const DERIVED = 'follows from other columns that are read'
const DATA = 'about the rows'
const SERVER = 'the operating system’s, or the server’s'

const COLUMNS_LEFT_OUT: Record<string, string> = {
  'pg_am.amtype': DERIVED,
  'pg_amop.amoplefttype': DERIVED,
  'pg_amop.amoprighttype': DERIVED,
  'pg_amop.amopmethod': DERIVED,
  'pg_amop.amoppurpose': DERIVED,
  'pg_amproc.amproclefttype': DERIVED,
  'pg_amproc.amprocrighttype': DERIVED,
  'pg_attribute.attalign': DERIVED,
  'pg_attribute.attbyval': DERIVED,
  'pg_attribute.attcacheoff': INTERNAL,
  'pg_attribute.atthasdef': DERIVED,
  'pg_attribute.atthasmissing': INTERNAL,
  'pg_attribute.attlen': DERIVED,
  'pg_attribute.attmissingval': INTERNAL,
  'pg_attribute.attndims': 'not enforced, and lost by LIKE and by views',
  'pg_cast.castsource': 'part of the identity',
  'pg_cast.casttarget': 'part of the identity',
  'pg_class.relallfrozen': DATA,
  'pg_class.relallvisible': DATA,
  'pg_class.relchecks': DERIVED,
  'pg_class.relfilenode': INTERNAL,
  'pg_class.relfrozenxid': DATA,
  'pg_class.relhasindex': DERIVED,
  'pg_class.relhasrules': DERIVED,
  'pg_class.relhassubclass': DERIVED,
  'pg_class.relhastriggers': DERIVED,
  'pg_class.relisshared': SERVER,
  'pg_class.relminmxid': DATA,
  'pg_class.relnatts': DERIVED,
  'pg_class.relpages': DATA,
  'pg_class.relrewrite': INTERNAL,
  'pg_class.reltuples': DATA,
  'pg_class.reltype': DERIVED,
  'pg_collation.collencoding': 'told apart by the database, which has one encoding',
  'pg_collation.collversion': SERVER,
  'pg_constraint.conffeqop': DERIVED,
  'pg_constraint.conpfeqop': DERIVED,
  'pg_constraint.conppeqop': DERIVED,
  'pg_constraint.connamespace': DERIVED,
  'pg_conversion.conforencoding': DERIVED,
  'pg_conversion.connamespace': 'part of the identity',
  'pg_conversion.contoencoding': DERIVED,
  'pg_event_trigger.evtname': 'part of the identity',
  'pg_extension.extcondition': DATA,
  'pg_extension.extconfig': 'set by the extension’s script',
  'pg_extension.extowner': 'whoever created it; its members are not ours',
  'pg_extension.extrelocatable': 'of the extension’s control file',
  'pg_index.indcheckxmin': INTERNAL,
  'pg_index.indexprs': BY_FUNCTION,
  'pg_index.indimmediate': DERIVED,
  'pg_index.indisexclusion': DERIVED,
  'pg_index.indislive': 'dropped while it is false',
  'pg_index.indisprimary': DERIVED,
  'pg_init_privs.privtype': 'initdb or an extension: both are not ours',
  'pg_inherits.inhseqno': 'the order of parents decides on nothing but the order of columns',
  'pg_language.lanispl': DERIVED,
  'pg_largeobject_metadata.lomowner': DATA,
  'pg_largeobject_metadata.lomacl': DATA,
  'pg_operator.oprkind': DERIVED,
  'pg_operator.oprleft': 'part of the identity',
  'pg_operator.oprright': 'part of the identity',
  'pg_operator.oprname': 'part of the identity',
  'pg_operator.oprnamespace': 'part of the identity',
  'pg_operator.oprresult': DERIVED,
  'pg_opclass.opcmethod': 'part of the identity',
  'pg_opfamily.opfmethod': 'part of the identity',
  'pg_proc.proallargtypes': BY_FUNCTION,
  'pg_proc.proargdefaults': BY_FUNCTION,
  'pg_proc.proargmodes': BY_FUNCTION,
  'pg_proc.proargnames': BY_FUNCTION,
  'pg_proc.pronargdefaults': BY_FUNCTION,
  'pg_proc.pronargs': BY_FUNCTION,
  'pg_proc.prorettype': BY_FUNCTION,
  'pg_proc.prosqlbody': BY_FUNCTION,
  'pg_proc.provariadic': BY_FUNCTION,
  'pg_rewrite.ev_action': BY_FUNCTION,
  'pg_rewrite.ev_qual': BY_FUNCTION,
  'pg_rewrite.ev_type': BY_FUNCTION,
  'pg_rewrite.is_instead': BY_FUNCTION,
  'pg_statistic_ext.stxexprs': BY_FUNCTION,
  'pg_statistic_ext.stxname': 'part of the identity',
  'pg_statistic_ext.stxnamespace': 'part of the identity',
  'pg_subscription.subname': 'part of the identity',
  'pg_transform.trflang': 'part of the identity',
  'pg_transform.trftype': 'part of the identity',
  'pg_trigger.tgargs': BY_FUNCTION,
  'pg_trigger.tgattr': BY_FUNCTION,
  'pg_trigger.tgconstrindid': DERIVED,
  'pg_trigger.tgconstrrelid': BY_FUNCTION,
  'pg_trigger.tgdeferrable': BY_FUNCTION,
  'pg_trigger.tginitdeferred': BY_FUNCTION,
  'pg_trigger.tgnargs': BY_FUNCTION,
  'pg_trigger.tgnewtable': BY_FUNCTION,
  'pg_trigger.tgoldtable': BY_FUNCTION,
  'pg_trigger.tgqual': BY_FUNCTION,
  'pg_trigger.tgtype': BY_FUNCTION,
  'pg_type.typarray': DERIVED,
  'pg_type.typndims': 'not enforced',
}

const WHOLE_LEFT_OUT = [
  /^pg_user_mapping\./, // by the view pg_user_mappings; its options hold passwords
  /^pg_subscription\.sub(conninfo|skiplsn)$/, // a secret, and a state
  /^pg_database\.(?!datname|datdba|datacl)/, // belongs to the server
  /^pg_tablespace\.(?!spcname)/, // belongs to the server
  /^pg_(ts_\w+)\.\w*(name|namespace)$/, // part of the identity
]

test('every catalog is read, or left out for a reason', async () => {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class
    where relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace`,
  )
  const unread = rows.map(({ name }) => name).filter((name) => !mentions(name))
  expect(unread.filter((name) => !(name in CATALOGS_LEFT_OUT))).toEqual([])
})

const columns = await readColumns()

test('every column of the catalogs that are read is read, or left out for a reason', () => {
  const unread = columns
    .filter(({ catalog, name }) => mentions(catalog) && !mentions(name))
    .map(({ catalog, name }) => `${catalog}.${name}`)
    .filter((column) => !(column in COLUMNS_LEFT_OUT))
    .filter((column) => !WHOLE_LEFT_OUT.some((pattern) => pattern.test(column)))
  expect(unread).toEqual([])
})

test('nothing is left out that is read after all', () => {
  const read = columns.filter(({ catalog, name }) => mentions(catalog) && mentions(name))
  const both = read.map(({ catalog, name }) => `${catalog}.${name}`)
  expect(both.filter((column) => column in COLUMNS_LEFT_OUT)).toEqual([])
  expect(Object.keys(CATALOGS_LEFT_OUT).filter(mentions)).toEqual([])
})

async function readColumns() {
  const { rows } = await client.query<{ catalog: string; name: string }>(
    `select c.relname::text as catalog, a.attname::text as name
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relkind = 'r' and c.relnamespace = 'pg_catalog'::regnamespace and a.attnum > 0
      and not a.attisdropped and a.attname <> 'oid'
    order by 1, 2`,
  )
  return rows
}

function mentions(name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(sql)
}
