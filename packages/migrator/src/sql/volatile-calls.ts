import type { Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { readName } from './names.ts'
import { nodesIn } from './nodes.ts'

/**
 * Functions of PostgreSQL 15 and all later versions that are immutable or stable, whatever they are given: they have one
 * value for a whole statement. Held against pg_proc by `lint/steady-functions.db.test.ts`.
 */
export const STEADY: ReadonlySet<string> = new Set(
  `abbrev abs acos acosd acosh age array_append array_cat array_dims array_fill array_length array_lower
  array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json
  array_to_string array_to_tsvector array_upper ascii asin asind asinh atan atan2 atan2d atand atanh bit
  bit_count bit_length bool box bpchar btrim cardinality cbrt ceil ceiling char char_length character_length chr
  cidr circle concat concat_ws convert convert_from convert_to cos cosd cosh cot cotd current_database
  current_schema current_setting current_user date date_bin date_part date_trunc datemultirange daterange decode
  degrees div encode exp extract factorial float4 float8 floor format format_type gcd get_bit get_byte
  getdatabaseencoding initcap int2 int4 int4multirange int4range int8 int8multirange int8range interval
  is_normalized isempty isfinite json_array_length json_build_array json_build_object json_object
  json_populate_record json_strip_nulls json_to_tsvector json_typeof jsonb_array_length jsonb_build_array
  jsonb_build_object jsonb_concat jsonb_insert jsonb_object jsonb_path_exists jsonb_path_match
  jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz
  jsonb_populate_record jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_tsvector jsonb_typeof
  justify_days justify_hours justify_interval lcm left length like line ln log log10 lower lower_inc lower_inf
  lpad lseg ltrim macaddr macaddr8 make_date make_interval make_time make_timestamp make_timestamptz md5
  min_scale mod money multirange name normalize now num_nonnulls num_nulls numeric nummultirange numnode
  numrange octet_length oid overlaps overlay parse_ident phraseto_tsquery pi plainto_tsquery point polygon
  position pow power querytree quote_ident quote_literal quote_nullable radians range_merge regexp_count
  regexp_instr regexp_like regexp_match regexp_replace regexp_split_to_array regexp_substr repeat replace
  reverse right round row_to_json rpad rtrim scale session_user set_bit set_byte setweight sha224 sha256 sha384
  sha512 sign sin sind sinh split_part sqrt starts_with statement_timestamp string_to_array strip strpos substr
  substring tan tand tanh text time timestamp timestamptz timetz timezone to_ascii to_char to_date to_hex
  to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_array
  trim_scale trunc ts_delete ts_filter ts_headline ts_rank ts_rank_cd tsmultirange tsquery_phrase tsrange
  tstzmultirange tstzrange tsvector_to_array unistr upper upper_inc upper_inf varbit varchar version
  websearch_to_tsquery width_bucket xid xml xmlcomment xmlexists`.split(/\s+/),
)

/** The functions that a default calls and that are not known to be steady: it may have another value in each row. */
export function listVolatileCalls(value: Node | undefined): Name[] {
  return nodesIn(value, 'FuncCall')
    .map(({ funcname }) => readName({ List: { items: funcname as Node[] } }))
    .filter(({ schema = 'pg_catalog', name }) => schema !== 'pg_catalog' || !STEADY.has(name))
}
