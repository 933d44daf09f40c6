import { expect, test } from 'vitest'
import { RULES } from '../lint/rules/index.ts'
import type { Migration } from '../migration.ts'
import { checksum } from '../sql/checksum.ts'
import { compile } from './compiled.ts'

/** The rules that this version of the analysis has, which wrote the marks in compiled migrations. */
const RECORDED = [14, 'v1:ad58027eca934dda1d22db1cb3bf8a6aed012459de9e9143d94c8069d0f75e57']

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
