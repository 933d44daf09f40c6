import { expect, test } from 'vitest'
import { canonicalText } from './deparsed.ts'
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
])('a column of the only relation is not qualified: %s', (text, canonical) => {
  expect(canonicalQuery(text)).toBe(canonical)
  expect(canonicalQuery(canonical)).toBe(canonical)
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
