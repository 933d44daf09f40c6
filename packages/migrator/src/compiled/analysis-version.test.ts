import { expect, test } from 'vitest'
import { RULES } from '../lint/rules/index.ts'
import type { Migration } from '../migration.ts'
import { checksum } from '../sql/checksum.ts'
import { compile } from './compiled.ts'

/** The rules that this version of the analysis has, which wrote the marks in compiled migrations. */
const RECORDED = [15, 'v1:7e13bef65cd6df07b910da174544ab60bbd9c0071ffe88cba4fc95be0d1d4eb3']

test('another rule is another version of the analysis: what was compiled before lacks its marks', () => {
  const { version } = compile(MIGRATION, 'expand', []).analysis
  const rules = checksum(RULES.map(({ id, level }) => `${level} ${id}`).toSorted())
  // Another rule, and the same version: raise ANALYSIS_VERSION, run `pnpm migrate hash`, and record both here.
  expect([version, rules]).toEqual(RECORDED)
})

const NOTHING = { kind: 'none', reason: 'It is of a test.' } as const

const MIGRATION: Migration = {
  name: 'Migration1',
  phase: 'expand',
  transactional: true,
  checksum: '',
  up: NOTHING,
  down: NOTHING,
  requires: [],
  ensures: [],
  downRequires: [],
}
