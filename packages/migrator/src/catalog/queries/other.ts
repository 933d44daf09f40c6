import type { Query } from './query.ts'
import { isOurSchema, qualified, roleName, withColumns } from './sql.ts'

/**
 * The sweep: what the other queries do not take apart is listed under PostgreSQL's own name for it,
 * with a definition where one is worth reading, so that nothing is passed over in silence.
 */
export const others: Query = {
  kind: 'other',
  deparsed: ['identity', 'definition'],
  sql: () => `
    select s.classid::regclass::text as catalog, s.oid,
      o.type || ' ' || ${IDENTITY} as identity,
      o.type as class, ${roleName('s.owner')} as owner,
      s.acl::text[] as acl, s.default_acl::text[] as "defaultAcl",
      nullif(s.definition, '') as definition
    from (${SWEEP.map((source) => select(source)).join(' union all ')}) s
    cross join lateral pg_identify_object(s.classid, s.oid, 0) o
    where s.oid >= 16384 and ${isOurSchema('o.schema')}
      and not exists (select from pg_depend e
        where e.classid = s.classid and e.objid = s.oid
          and (e.deptype = 'e' or e.deptype = 'i' and e.classid = 'pg_cast'::regclass))
    union all
    select null, null, concat('security label ', l.provider, ' on ', o.type, ' ', o.identity),
      'security label', null, null, null, l.label
    from pg_seclabel l
    cross join lateral pg_identify_object(l.classoid, l.objoid, l.objsubid) o
    where ${isOurSchema('o.schema')}
    union all
    select null, null, 'large objects', 'large object', null, null, null, null
    where exists (select from pg_largeobject_metadata)`,
}

/**
 * PostgreSQL 15 says `for t on language l` of a transform where later ones say `for t language l`.
 */
const IDENTITY = `case o.type when 'transform' then replace(o.identity, ' on language ', ' language ')
  else o.identity end`

/** A catalog to sweep; `o` is its row. */
type Source = {
  catalog: string
  /** The view to read instead, where the catalog is closed to ordinary roles. */
  from?: string
  oid?: string
  owner?: string
  /** The acl's column and acldefault()'s letter. */
  acl?: readonly [column: string, letter: string]
  definition?: string
  /** Columns that the definition names and older versions lack, and what stands for them. */
  absent?: Record<string, string>
  where?: string
}

/** How a base type is made, by the words of CREATE TYPE. */
const TYPE_PARTS = [
  ...['input', 'output', 'receive', 'send', 'modin', 'modout', 'analyze', 'subscript'].map(
    (part) => `'${part} ' || nullif(o.typ${part}::oid, 0)::regproc`,
  ),
  `'by value ' || o.typbyval`,
  `'alignment ' || o.typalign::text`,
  `'storage ' || o.typstorage::text`,
  `'category ' || quote_literal(o.typcategory::text)`,
  `'preferred ' || o.typispreferred`,
  `'delimiter ' || quote_literal(o.typdelim::text)`,
  `'element ' || format_type(nullif(o.typelem, 0), null)`,
  `'default ' || quote_literal(o.typdefault)`,
  `'collatable ' || (o.typcollation <> 0)`,
  `case when not o.typisdefined then 'shell' end`,
]

const SUBSCRIPTION_SINCE_16 = ['suborigin', 'subpasswordrequired', 'subrunasowner', 'subfailover']

/** Without the state of two-phase commit and the skipped LSN, which change by themselves. */
const SUBSCRIPTION = `concat_ws(', ',
    'publications ' || (select string_agg(${qualified('p')}, ' ' order by p collate "C")
      from unnest(o.subpublications) p),
    'enabled ' || o.subenabled, 'binary ' || o.subbinary,
    'streaming ' || case o.substream::text when 'true' then 'on' when 't' then 'on'
      when 'p' then 'parallel' else 'off' end,
    'two phases ' || (o.subtwophasestate <> 'd'), 'disable on error ' || o.subdisableonerr,
    'origin ' || suborigin, 'password required ' || subpasswordrequired,
    'run as owner ' || subrunasowner, 'failover ' || subfailover,
    'slot ' || quote_literal(o.subslotname), 'synchronous commit ' || o.subsynccommit)`

/** A user mapping's options and a subscription's connection hold passwords and are not read. */
const SWEEP: Source[] = [
  {
    catalog: 'pg_cast',
    definition: `concat_ws(' ', nullif(o.castfunc, 0)::regprocedure, o.castcontext, o.castmethod)`,
  },
  {
    catalog: 'pg_operator',
    owner: 'oprowner',
    definition: `concat_ws(' ', o.oprcode::regprocedure,
      'commutator ' || nullif(o.oprcom, 0)::regoperator,
      'negator ' || nullif(o.oprnegate, 0)::regoperator, nullif(o.oprrest, 0)::regprocedure,
      nullif(o.oprjoin, 0)::regprocedure, case when o.oprcanmerge then 'merges' end,
      case when o.oprcanhash then 'hashes' end)`,
  },
  {
    catalog: 'pg_opclass',
    owner: 'opcowner',
    definition: `concat_ws(' ', format_type(o.opcintype, null),
      'family ' || (select ${qualified('n.nspname', 'f.opfname')} from pg_opfamily f
        join pg_namespace n on n.oid = f.opfnamespace where f.oid = o.opcfamily),
      'storage ' || format_type(nullif(o.opckeytype, 0), null),
      case when o.opcdefault then 'default' end)`,
  },
  {
    catalog: 'pg_opfamily',
    owner: 'opfowner',
    definition: `(select string_agg(member, ', ' order by member collate "C") from (
      select concat_ws(' ', amopstrategy, amopopr::regoperator,
        (select 'for order by ' || opfname from pg_opfamily f where f.oid = amopsortfamily))
      from pg_amop where amopfamily = o.oid
      union all
      select concat_ws(' ', amprocnum, amproc::regprocedure)
      from pg_amproc where amprocfamily = o.oid) m(member))`,
  },
  {
    // Without collversion: that is the operating system's.
    catalog: 'pg_collation',
    owner: 'collowner',
    absent: { colllocale: 'null::text', colliculocale: 'null::text', collicurules: 'null::text' },
    definition: `concat_ws(' ', o.collprovider,
      coalesce(o.collcollate, colllocale, colliculocale),
      nullif(o.collctype, o.collcollate), collicurules,
      case when not o.collisdeterministic then 'not deterministic' end)`,
  },
  {
    catalog: 'pg_conversion',
    owner: 'conowner',
    definition: `concat_ws(' ', o.conproc::regprocedure, case when o.condefault then 'default' end)`,
  },
  {
    catalog: 'pg_language',
    owner: 'lanowner',
    acl: ['lanacl', 'l'],
    definition: `concat_ws(' ', nullif(o.lanplcallfoid, 0)::regprocedure,
      nullif(o.laninline, 0)::regprocedure, nullif(o.lanvalidator, 0)::regprocedure,
      case when o.lanpltrusted then 'trusted' end)`,
  },
  { catalog: 'pg_am', definition: 'o.amhandler::regprocedure::text' },
  {
    catalog: 'pg_transform',
    definition: `concat_ws(' ', nullif(o.trffromsql, 0)::regprocedure,
      nullif(o.trftosql, 0)::regprocedure)`,
  },
  {
    catalog: 'pg_ts_config',
    owner: 'cfgowner',
    definition: `concat_ws(' ', (select prsname from pg_ts_parser where oid = o.cfgparser), (
      select string_agg(m.maptokentype || ': ' || m.mapdict::regdictionary, ', '
        order by m.maptokentype, m.mapseqno)
      from pg_ts_config_map m where m.mapcfg = o.oid))`,
  },
  {
    catalog: 'pg_ts_dict',
    owner: 'dictowner',
    definition: `concat_ws(' ', (
      select ${qualified('n.nspname', 't.tmplname')}
      from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace
      where t.oid = o.dicttemplate), o.dictinitoption)`,
  },
  {
    catalog: 'pg_ts_parser',
    definition: `concat_ws(' ', o.prsstart, o.prstoken, o.prsend, o.prsheadline, o.prslextype)`,
  },
  { catalog: 'pg_ts_template', definition: `concat_ws(' ', o.tmplinit, o.tmpllexize)` },
  {
    catalog: 'pg_foreign_data_wrapper',
    owner: 'fdwowner',
    acl: ['fdwacl', 'F'],
    definition: `concat_ws(' ', nullif(o.fdwhandler, 0)::regprocedure,
      nullif(o.fdwvalidator, 0)::regprocedure, ${options('o.fdwoptions')})`,
  },
  {
    catalog: 'pg_foreign_server',
    owner: 'srvowner',
    acl: ['srvacl', 'S'],
    definition: `concat_ws(' ',
      'of ' || (select ${qualified('w.fdwname')} from pg_foreign_data_wrapper w where w.oid = o.srvfdw),
      'type ' || quote_literal(o.srvtype), 'version ' || quote_literal(o.srvversion),
      ${options('o.srvoptions')})`,
  },
  { catalog: 'pg_user_mapping', from: 'pg_user_mappings', oid: 'umid' },
  {
    catalog: 'pg_event_trigger',
    owner: 'evtowner',
    definition: `concat_ws(' ', o.evtevent, array_to_string(o.evttags, ', '),
      o.evtfoid::regprocedure, case o.evtenabled when 'D' then 'never' when 'R' then 'on replica'
        when 'A' then 'always' end)`,
  },
  {
    // Not pg_get_statisticsobjdef, which lists columns by their position.
    catalog: 'pg_statistic_ext',
    owner: 'stxowner',
    definition: `concat_ws(' ',
      (select ${qualified('n.nspname', 'c.relname')} from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where c.oid = o.stxrelid),
      '(' || array_to_string(array(select attname::text from pg_attribute
          where attrelid = o.stxrelid and attnum = any(o.stxkeys::int2[]) order by attname)
        || array(select e from unnest(pg_get_statisticsobjdef_expressions(o.oid)) e
          order by e collate "C"), ', ') || ')',
      array_to_string(array(select k from unnest(o.stxkind) k order by k), ''),
      'target ' || nullif(o.stxstattarget, -1))`,
  },
  {
    catalog: 'pg_subscription',
    owner: 'subowner',
    absent: Object.fromEntries(SUBSCRIPTION_SINCE_16.map((column) => [column, 'null::text'])),
    definition: SUBSCRIPTION,
    where: 'o.subdbid = (select oid from pg_database where datname = current_database())',
  },
  {
    // Base and shell types; arrays, multiranges and row types come with another type or table.
    catalog: 'pg_type',
    owner: 'typowner',
    acl: ['typacl', 'T'],
    definition: `concat_ws(', ', 'length ' || o.typlen, ${TYPE_PARTS.join(', ')})`,
    where: `o.typtype in ('b', 'p') and not (o.typcategory = 'A' and o.typelem <> 0)`,
  },
  {
    catalog: 'pg_type',
    acl: ['typacl', 'T'],
    where: `o.typrelid in (select oid from pg_class where relkind <> 'c')
      and not (o.typacl::text[] @> acldefault('T', o.typowner)::text[]
        and o.typacl::text[] <@ acldefault('T', o.typowner)::text[])`,
  },
]

function select(source: Source): string {
  const {
    catalog,
    from = catalog,
    oid = 'oid',
    owner,
    acl,
    definition = 'null',
    where,
    absent,
  } = source
  const sql = `select '${catalog}'::regclass as classid, o.${oid} as oid,
    ${owner ? `o.${owner}` : 'null::oid'} as owner,
    ${acl ? `o.${acl[0]}` : 'null::aclitem[]'} as acl,
    ${acl ? `acldefault('${acl[1]}', o.${owner ?? 'typowner'})` : 'null::aclitem[]'} as default_acl,
    (${definition})::text as definition
    from ${from} o ${where ? `where ${where}` : ''}`
  return absent ? `select * from ${withColumns(absent, sql)} s` : sql
}

/** Of an option that is a secret the name is all that is read. */
function options(column: string): string {
  return `(select 'options (' || string_agg(case when split_part(e, '=', 1) ~* '(pass|secret|token|key|cred)'
      then split_part(e, '=', 1) || '=…' else e end, ', ' order by e collate "C") || ')'
    from unnest(${column}) e)`
}
