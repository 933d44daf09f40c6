import type { Query } from './query.ts'
import { granted, isInSchemas, isOurs, qualified, roleName, sorted } from './sql.ts'

/**
 * A body in a string is compared to the letter, a parsed one (BEGIN ATOMIC) in PostgreSQL's
 * deparsed form.
 */
export const functions: Query = {
  kind: 'function',
  deparsed: [
    'identity',
    'arguments',
    'parsedBody',
    'returns',
    'aggregate',
    'transforms',
    'support',
  ],
  sql: () => `
    select 'pg_proc' as catalog, p.oid,
      ${qualified('n.nspname', 'p.proname')} || '(' || coalesce((
        select string_agg(format_type(a.type, null), ', ' order by a.position)
        from unnest(p.proargtypes) with ordinality a(type, position)), '') || ')' as identity,
      ${roleName('p.proowner')} as owner,
      ${granted('p.proacl', 'f', 'p.proowner')},
      case p.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate'
        when 'w' then 'window function' end as routine,
      nullif(pg_get_function_arguments(p.oid), '') as arguments,
      pg_get_function_result(p.oid) as returns,
      l.lanname as language,
      case when p.prokind <> 'a' then nullif(p.prosrc, '') end as body,
      pg_get_function_sqlbody(p.oid) as "parsedBody",
      p.probin as library,
      ${aggregate()} as aggregate,
      case p.provolatile when 'i' then 'immutable' when 's' then 'stable' end as volatility,
      p.proisstrict as strict, p.proleakproof as leakproof, p.prosecdef as "securityDefiner",
      case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end as parallel,
      ${sorted('p.proconfig')} as settings,
      (select array_agg(format_type(t.type, null) order by format_type(t.type, null) collate "C")
        from unnest(p.protrftypes) t(type)) as transforms,
      nullif(p.procost, case when l.lanname in ('c', 'internal') then 1 else 100 end) as cost,
      nullif(p.prorows, case when p.proretset then 1000 else 0 end) as rows,
      ${functionName('p.prosupport')}::text as support
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    join pg_language l on l.oid = p.prolang
    left join pg_aggregate ag on ag.aggfnoid = p.oid
    where ${isInSchemas('p.pronamespace')} and ${isOurs('pg_proc', 'p.oid')}
      and not exists (select from pg_depend i
        where i.classid = 'pg_proc'::regclass and i.objid = p.oid and i.deptype = 'i')`,
}

/** What CREATE AGGREGATE was told, by its own words; functions and types by their names. */
const AGGREGATE_PARTS = {
  kind: 'ag.aggkind',
  direct: 'ag.aggnumdirectargs',
  sfunc: functionName('ag.aggtransfn'),
  stype: 'format_type(ag.aggtranstype, null)',
  sspace: 'nullif(ag.aggtransspace, 0)',
  initcond: 'ag.agginitval',
  finalfunc: functionName('ag.aggfinalfn'),
  finalfunc_modify: 'ag.aggfinalmodify',
  finalfunc_extra: 'ag.aggfinalextra',
  combinefunc: functionName('ag.aggcombinefn'),
  serialfunc: functionName('ag.aggserialfn'),
  deserialfunc: functionName('ag.aggdeserialfn'),
  msfunc: functionName('ag.aggmtransfn'),
  minvfunc: functionName('ag.aggminvtransfn'),
  mstype: 'format_type(nullif(ag.aggmtranstype, 0), null)',
  msspace: 'nullif(ag.aggmtransspace, 0)',
  minitcond: 'ag.aggminitval',
  mfinalfunc: functionName('ag.aggmfinalfn'),
  mfinalfunc_modify: 'ag.aggmfinalmodify',
  mfinalfunc_extra: 'ag.aggmfinalextra',
  sortop: 'nullif(ag.aggsortop, 0)::regoperator',
}

function functionName(oid: string): string {
  return `nullif(${oid}, 0)::regprocedure`
}

function aggregate(): string {
  const parts = Object.entries(AGGREGATE_PARTS).map(
    ([word, value]) => `'${word} = ' || (${value})::text`,
  )
  return `case when ag.aggfnoid is not null then concat_ws(', ', ${parts.join(', ')}) end`
}
