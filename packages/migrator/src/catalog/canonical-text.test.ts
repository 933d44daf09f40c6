import { expect, test } from 'vitest'
import { canonicalText } from './canonical-text.ts'
import { canonicalQuery } from './view-definition.ts'

test.each([
  ['("json_object" IS NOT NULL)', '(json_object IS NOT NULL)'],
  ['public."select"', 'public.select'],
  ['"Mixed" = "two words"', '"Mixed" = "two words"'],
  [`'"json_object"'::text || "a""b"`, `'"json_object"'::text || "a""b"`],
  [`'it''s "x"' || "x"`, `'it''s "x"' || x`],
  ['"char"', '"char"'],
])('quotes stay only where a name needs them: %s', (text, canonical) => {
  expect(canonicalText(text)).toBe(canonical)
})

test.each([
  [
    'SELECT t.id,\n t.name\n FROM public.t\n WHERE (t.n > 1);',
    'SELECT id,\n name\n FROM public.t\n WHERE (n > 1);',
  ],
  ['SELECT x.id FROM public.t x ORDER BY x.id;', 'SELECT id FROM public.t x ORDER BY id;'],
  ['SELECT "X".id FROM public.t "X";', 'SELECT id FROM public.t "X";'],
  ['SELECT t.t FROM t.t;', 'SELECT t FROM t.t;'],
  [
    'SELECT s.id FROM ( SELECT t.id FROM public.t) s;',
    'SELECT id FROM ( SELECT t.id FROM public.t) s;',
  ],
  ['SELECT f.a FROM f(1) f(a);', 'SELECT a FROM f(1) f(a);'],
  [
    'SELECT t.id FROM public.t TABLESAMPLE bernoulli (10);',
    'SELECT id FROM public.t TABLESAMPLE bernoulli (10);',
  ],
  ['SELECT app.lower(app.name) FROM public.app;', 'SELECT app.lower(name) FROM public.app;'],
  [
    'SELECT app.name::app.text, (app.a)::app.text[], app.text AS app FROM public.app;',
    'SELECT name::app.text, (a)::app.text[], text AS app FROM public.app;',
  ],
  [
    'SELECT (app.name COLLATE app."C") FROM public.app ORDER BY app."C" USING OPERATOR(app.<);',
    'SELECT (name COLLATE app."C") FROM public.app ORDER BY "C" USING OPERATOR(app.<);',
  ],
  [
    'SELECT app.max(app.n) OVER (PARTITION BY app.text), (app.n OPERATOR(app.*) 2) FROM public.app;',
    'SELECT app.max(n) OVER (PARTITION BY text), (n OPERATOR(app.*) 2) FROM public.app;',
  ],
  [
    `SELECT JSON_VALUE(app.j, '$' RETURNING app.text) FROM public.app;`,
    `SELECT JSON_VALUE(j, '$' RETURNING app.text) FROM public.app;`,
  ],
])('a column of the only relation is not qualified: %s', (text, canonical) => {
  expect(canonicalQuery(text)).toBe(canonical)
  expect(canonicalQuery(canonical)).toBe(canonical)
})

test.each([
  ['(((a AND b) AND c) AND (d AND (e OR (f OR g))))', '(a AND b AND c AND d AND (e OR f OR g))'],
  ['((a OR b) AND (c OR d))', '((a OR b) AND (c OR d))'],
  ['(NOT (a AND b)) AND f(a AND b)', '(NOT (a AND b)) AND f(a AND b)'],
  [
    `((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`,
    `((v)::text = ANY (ARRAY['a'::text, 'b'::text]))`,
  ],
  [
    `((v)::text = ANY (ARRAY[('a'::character varying)::text, (v3)::text]))`,
    `((v)::text = ANY (ARRAY['a'::text, (v3)::text]))`,
  ],
  [
    `(ARRAY['a'::character varying, v])::character varying(3)[]`,
    `ARRAY['a'::character varying(3), (v)::character varying(3)]`,
  ],
  [
    `(ARRAY[ARRAY[a, b], c])::timestamp(3) with time zone[]`,
    `ARRAY[ARRAY[(a)::timestamp(3) with time zone, (b)::timestamp(3) with time zone], (c)::timestamp(3) with time zone[]]`,
  ],
  [`'it''s (ARRAY['::text`, `'it''s (ARRAY['::text`],
])('as it is after a restore: %s', (text, restored) => {
  expect(canonicalText(text)).toBe(restored)
  expect(canonicalText(restored)).toBe(restored)
})

test.each([
  ["'1'::text", '1'],
  ['(a)::character varying(3)', 'a'],
  ['(a)::character varying(3)', '(a)::character varying(4)'],
  ['(a)::character varying(3)', '(a)::character varying'],
  [`('a'::character varying(1))::text`, `'a'::text`],
  [`('a'::bpchar)::text`, `'a'::text`],
  [`('a'::name)::text`, `'a'::text`],
  [`('a'::character varying)::zoo.text`, `'a'::text`],
  [`('a'::zoo.varying)::text`, `'a'::text`],
  [`('a'::character varying COLLATE "C")::text`, `'a'::text`],
  [`(a)::text`, 'a'],
  [`('a'::character varying)::text[]`, `'a'::text[]`],
  [`(ARRAY[a])::text[]`, `ARRAY[a]`],
  [`(ARRAY[a])::text[]`, `(ARRAY[a])::character varying[]`],
  [`(ARRAY[a])::numeric(6,2)[]`, `(ARRAY[a])::numeric(6,1)[]`],
  [`ARRAY[]::text[]`, `ARRAY[]::integer[]`],
  ['((a AND b) OR c)', '(a AND (b OR c))'],
  ['((a OR b) AND c)', '(a OR b AND c)'],
  ['(a AND b)', '(b AND a)'],
  ['((a = b) = c)', '(a = (b = c))'],
  ['((a - b) - c)', '(a - (b - c))'],
  ['"A"', 'a'],
  ['"char"', 'char'],
  [`SELECT 'a'::text AS text`, `SELECT 'a'::text AS "?column?"`],
  [`SELECT 'a'::text AS text`, `SELECT 'a'::text AS varchar`],
  ['SELECT a FROM f(1) x(a, b)', 'SELECT b FROM f(1) x(a, b)'],
  ['SELECT x.* FROM f(1) x(a, b)', 'SELECT x.* FROM f(1) x(a, c)'],
  ['FROM f(1) x(a integer, b text)', 'FROM f(1) x(a integer)'],
])('reads as different: %s and %s', (one, other) => {
  expect(canonicalText(one)).not.toBe(canonicalText(other))
})

test.each([
  'SELECT t.id FROM (public.t JOIN public.u ON ((t.id = u.id)));',
  'SELECT t.id FROM public.t, public.u;',
  'SELECT t.id FROM public.t UNION SELECT u.id FROM public.u;',
  'SELECT t.*::public.t AS t FROM public.t;',
  `SELECT 't.id'::text AS a FROM public.t;`,
  'SELECT ( SELECT count(*) AS count FROM public.u WHERE (u.id = t.id)) AS c FROM public.t;',
  'SELECT 1 AS one;',
])('a query stays as it is: %s', (text) => {
  expect(canonicalQuery(text)).toBe(text)
})
