import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ENGINE, isProduction } from './floors.ts'

/** What belongs to the command line alone: its commands, its options, its variables. */
const OF_THE_COMMAND_LINE =
  /\bmigrate (up|down|plan|status|hash|create|repair|adopt|archive|check|history|diff|grant|seed|start|reset)\b|[ '`(]--[a-z]|\b(MIGRATE_[A-Z]+|DATABASE_URL)\b/

/** Options of other programs, which the engine calls. */
const OTHERS = new Set(['mikro-orm/format-file.ts', 'sql/parse.ts'])

test('the engine below its command line names no command, option or variable: it gives next steps as data', () => {
  const files = readdirSync(ENGINE, { recursive: true, encoding: 'utf8' }).filter(
    (file) => isProduction(file) && !file.startsWith('cli/') && !OTHERS.has(file),
  )
  const found = files.flatMap((file) =>
    withoutComments(readFileSync(join(ENGINE, file), 'utf8'))
      .split('\n')
      .filter((line) => OF_THE_COMMAND_LINE.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(found).toEqual([])
  expect(files.length).toBeGreaterThan(200)
})

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}
