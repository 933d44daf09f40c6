import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Parses statements of several kinds and writes the greatest amount of memory that the process has had, in MiB. */
const PROGRAM = `
import { parseSql } from ${JSON.stringify(new URL('parse.ts', import.meta.url).href)}
const kinds = [
  (i) => 'create table t_' + i + " (id int primary key, name text not null default 'x', check (id > 0))",
  (i) => 'create unique index concurrently i_' + i + ' on t (lower(name)) where id > 3',
  (i) => 'alter table t add column a_' + i + ' numeric(10, 2) default 3 * 4, alter column name set not null',
  (i) => "insert into t select g, 'x' || g from generate_series(1, " + i + ') g where g % 2 = 0 on conflict do nothing',
  (i) => 'create function f_' + i + '() returns int language sql as $$ select 1 $$',
  (i) => "update t set name = case when id = 1 then 'a' else 'b' end where id in (select id from t_" + i + ')',
]
for (let i = 0; i < 2000; i += 1) await parseSql(kinds[i % kinds.length](i))
console.log(process.resourceUsage().maxRSS / 1024)
`

test('a long chain of statements is parsed in less than 150 MiB', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  expect(Number(stdout)).toBeGreaterThan(0)
  expect(Number(stdout)).toBeLessThan(150)
})
