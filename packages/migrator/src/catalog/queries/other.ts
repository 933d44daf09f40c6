import type { Query } from './query.ts'
import { qualified, roleName } from './sql.ts'

/**
 * The sweep: what the other queries do not take apart is listed under PostgreSQL's own name for it, with a definition
 * where one is worth reading, so that nothing is passed over in silence. A user mapping's options and a subscription's
 * connection hold passwords and are not read.
 */
export const others: Query = {
  kind: 'other',
  deparsed: ['identity', 'definition'],
  sql: (major) => `
    select s.classid::regclass::text as catalog, s.oid, o.type || ' ' || o.identity as identity, o.type as class,
      ${roleName('s.owner')} as owner, s.acl::text[] as acl, s.default_acl::text[] as "defaultAcl",
      s.definition
    from (${sweep(major)}) s
    cross join lateral pg_identify_object(s.classid, s.oid, 0) o
    where s.oid >= 16384 and coalesce(o.schema, '') <> all($2::text[])
      and coalesce(o.schema, '') !~ '^pg_(toast_)?temp_'
      and not exists (select from pg_depend e
        where e.classid = s.classid and e.objid = s.oid and e.deptype in ('e', 'i'))
    union all
    select null, null, 'large objects', 'large object', null, null, null, null
    where exists (select from pg_largeobject_metadata)`,
}

/** Every branch: catalog, oid, owner, acl, what a null acl means, definition. */
function sweep(major: number): string {
  return [
    select(
      'pg_cast',
      'null',
      `concat_ws(' ', nullif(o.castfunc, 0)::regprocedure, o.castcontext, o.castmethod)`,
    ),
    select('pg_operator', 'oprowner', OPERATOR),
    select(
      'pg_opclass',
      'opcowner',
      `format('type %s storage %s default %s',
      format_type(o.opcintype, null), format_type(nullif(o.opckeytype, 0), null), o.opcdefault)`,
    ),
    select('pg_opfamily', 'opfowner', OPERATOR_FAMILY),
    select('pg_collation', 'collowner', collation(major)),
    select(
      'pg_conversion',
      'conowner',
      `format('%s default %s', o.conproc::regprocedure, o.condefault)`,
    ),
    select(
      'pg_language',
      'lanowner',
      `concat_ws(' ', nullif(o.lanplcallfoid, 0)::regprocedure,
      nullif(o.laninline, 0)::regprocedure, nullif(o.lanvalidator, 0)::regprocedure, o.lanpltrusted)`,
      'l',
      'lanacl',
    ),
    select('pg_am', 'null', 'o.amhandler::regprocedure::text'),
    select(
      'pg_transform',
      'null',
      `concat_ws(' ', nullif(o.trffromsql, 0)::regprocedure, nullif(o.trftosql, 0)::regprocedure)`,
    ),
    select('pg_ts_config', 'cfgowner', TEXT_SEARCH_CONFIGURATION),
    select(
      'pg_ts_dict',
      'dictowner',
      `concat_ws(' ',
      (select ${qualified('n.nspname', 't.tmplname')} from pg_ts_template t
        join pg_namespace n on n.oid = t.tmplnamespace where t.oid = o.dicttemplate), o.dictinitoption)`,
    ),
    select(
      'pg_ts_parser',
      'null',
      `concat_ws(' ', o.prsstart, o.prstoken, o.prsend, o.prsheadline, o.prslextype)`,
    ),
    select('pg_ts_template', 'null', `concat_ws(' ', o.tmplinit, o.tmpllexize)`),
    select(
      'pg_foreign_data_wrapper',
      'fdwowner',
      `concat_ws(' ', nullif(o.fdwhandler, 0)::regprocedure,
      nullif(o.fdwvalidator, 0)::regprocedure)`,
      'F',
      'fdwacl',
    ),
    select(
      'pg_foreign_server',
      'srvowner',
      `concat_ws(' ', o.srvtype, o.srvversion)`,
      'S',
      'srvacl',
    ),
    `select 'pg_user_mapping'::regclass, o.umid, null::oid, null::aclitem[], null::aclitem[], null from pg_user_mappings o`,
    select('pg_event_trigger', 'evtowner', EVENT_TRIGGER),
    select('pg_statistic_ext', 'stxowner', STATISTICS),
    `${select('pg_subscription', 'subowner')} where o.subdbid = (select oid from pg_database where datname = current_database())`,
    `${select('pg_type', 'typowner', `format('%s %s', o.typtype, o.typlen)`, 'T', 'typacl')}
      where o.typtype in ('b', 'p') and not (o.typcategory = 'A' and o.typelem <> 0)`,
    `select 'pg_type'::regclass, o.oid, null::oid, o.typacl, acldefault('T', o.typowner), 'row type'
      from pg_type o join pg_class c on c.oid = o.typrelid
      where c.relkind <> 'c' and o.typacl is not null`,
  ].join('\n union all ')
}

function select(
  catalog: string,
  owner: string,
  definition = 'null',
  objects = '',
  acl = '',
): string {
  const defaultAcl = acl ? `acldefault('${objects}', o.${owner})` : 'null::aclitem[]'
  return `select '${catalog}'::regclass as classid, o.oid, ${owner === 'null' ? 'null::oid' : `o.${owner}`} as owner,
    ${acl ? `o.${acl}` : 'null::aclitem[]'} as acl, ${defaultAcl} as default_acl,
    ${definition === 'null' ? 'null::text' : `(${definition})`} as definition from ${catalog} o`
}

const OPERATOR = `concat_ws(' ', o.oprcode::regprocedure, 'commutator ' || nullif(o.oprcom, 0)::regoperator,
  'negator ' || nullif(o.oprnegate, 0)::regoperator, nullif(o.oprrest, 0)::regprocedure,
  nullif(o.oprjoin, 0)::regprocedure, case when o.oprcanmerge then 'merges' end,
  case when o.oprcanhash then 'hashes' end)`

const OPERATOR_FAMILY = `(select string_agg(member, ', ' order by member collate "C") from (
  select concat_ws(' ', amopstrategy, amopopr::regoperator,
    (select 'for order by ' || opfname from pg_opfamily f where f.oid = amopsortfamily)) from pg_amop
  where amopfamily = o.oid
  union all
  select concat_ws(' ', amprocnum, amproc::regprocedure) from pg_amproc where amprocfamily = o.oid) m(member))`

/** Not pg_get_statisticsobjdef, which lists columns by their position. */
const STATISTICS = `concat_ws(' ',
  'on ' || (select ${qualified('n.nspname', 'c.relname')} from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where c.oid = o.stxrelid),
  '(' || array_to_string(array(select attname from pg_attribute
      where attrelid = o.stxrelid and attnum = any(o.stxkeys::int2[]) order by attname)
    || array(select e from unnest(pg_get_statisticsobjdef_expressions(o.oid)) e order by e collate "C"), ', ') || ')',
  array_to_string(array(select k from unnest(o.stxkind) k order by k), ''),
  'target ' || nullif(o.stxstattarget, -1))`

const EVENT_TRIGGER = `concat_ws(' ', o.evtevent, array_to_string(o.evttags, ', '), o.evtfoid::regprocedure, o.evtenabled)`

const TEXT_SEARCH_CONFIGURATION = `concat_ws(' ', (select prsname from pg_ts_parser where oid = o.cfgparser), (
  select string_agg(m.maptokentype || ': ' || m.mapdict::regdictionary, ', ' order by m.maptokentype, m.mapseqno)
  from pg_ts_config_map m where m.mapcfg = o.oid))`

/** Without collversion: that is the operating system's. */
function collation(major: number): string {
  const locale = major >= 17 ? 'o.colllocale' : 'o.colliculocale'
  const rules = major >= 16 ? 'o.collicurules' : 'null'
  return `concat_ws(' ', o.collprovider, coalesce(o.collcollate, ${locale}), nullif(o.collctype, o.collcollate),
    ${rules}, case when not o.collisdeterministic then 'not deterministic' end)`
}
