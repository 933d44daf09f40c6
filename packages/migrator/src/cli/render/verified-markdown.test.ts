import MarkdownIt from 'markdown-it'
import { expect, test } from 'vitest'
import type { DescribedMigration } from '../../inspect/described-migration.ts'
import type { Proof } from '../../inspect/reporter.ts'
import type { VerifiedMigration } from '../../verify/report.ts'
import { judge } from '../../verify/verdict.ts'
import { renderVerifiedMarkdown } from './verified-markdown.ts'

/** What ends a cell, a fence, a fold or a tag, or calls for somebody. */
const HOSTILE =
  'a|b\\|c`d``` </details><img src=x onerror=y> @team #1 [x](y) **z** <!-- _q_\n| r\n```\n<b>out</b>'

const word = () => 'migrate'

function described(name: string, over: Partial<DescribedMigration> = {}): DescribedMigration {
  const locks = [
    {
      mode: 'ACCESS EXCLUSIVE' as const,
      on: name,
      keepsOthersFrom: 'reading and writing' as const,
      isConditional: false,
    },
  ]
  const statement = { sql: `select '${name}'`, line: 1, locks, hasUnknownLocks: false }
  return {
    name,
    file: `${name}.ts`,
    phase: 'contract',
    breaks: [name],
    up: { kind: 'sql', segments: [{ mode: 'transaction', statements: [statement] }] },
    down: { kind: 'sql', segments: [] },
    requires: [],
    ensures: [],
    downRequires: [],
    hazards: [{ rule: 'r', level: 'error', says: name, instead: name, line: 1 }],
    allow: { [name]: name },
    downLoses: [name],
    ...over,
  }
}

function verified(name: string, over: Partial<VerifiedMigration> = {}): VerifiedMigration {
  return {
    name,
    verdict: 'holds',
    faults: [],
    unproved: [],
    notRestored: [],
    milliseconds: 1,
    stall: { reader: 3, writer: 4 },
    ...over,
  }
}

function faulty(name: string): VerifiedMigration {
  const fault = { object: name, said: name, happened: name, advice: name }
  return verified(name, {
    verdict: 'faulty',
    faults: [{ step: 'down', cause: 'schema', ...fault }],
    unproved: [{ object: name, reason: name }],
  })
}

function prove(
  migrations: readonly VerifiedMigration[],
  unreached: readonly string[] = [],
  describe = described,
): Proof {
  const names = [...migrations.map(({ name }) => name), ...unreached]
  const report = { migrations, unreached, fixtures: 'none', seed: 1 } as const
  return { report, judgement: judge(report), migrations: names.map((name) => describe(name)) }
}

/** The HTML of it with the names of tags, as GitHub makes it but for what GitHub takes out of it. */
function tagsOf(markdown: string): string[] {
  const page = new MarkdownIt({ html: true, linkify: true }).render(markdown)
  return [...page.matchAll(/<\/?([a-z]\w*)/g)].map(([tag]) => tag)
}

test('the verdict is first, then a table, then what there is to say of each, folded', () => {
  const proof = prove([verified('M1'), faulty('M2')], ['M3'])
  const text = renderVerifiedMarkdown(proof, word)
  expect(text).toMatch(
    /^<!-- migrate verify -->\n### ❌ Not as they say: 1 fault in 3 migrations, 1 of them not reached\.\n\n\| migration /,
  )
  expect(text).toContain(
    '| <code>M1</code> | contract | ✅ holds | reader 3 ms, writer 4 ms | ACCESS EXCLUSIVE <code>M1</code> |\n',
  )
  expect(text).toContain('| <code>M3</code> | contract | ❌ not reached | – |')
  // The gravest comes first, and is open.
  expect([...text.matchAll(/<details.*>\n<summary>.*<\/summary>/g)].map(String)).toEqual([
    '<details open>\n<summary><code>M2</code>: faulty</summary>',
    '<details>\n<summary><code>M3</code>: not reached</summary>',
    '<details>\n<summary><code>M1</code>: holds</summary>',
  ])
  expect(text).toContain('  down, schema: M2\n    said: M2\n')
})

test('names and statements that are markup stay within their cell, their fence and their fold', () => {
  const [usual, hostile] = ['M1', HOSTILE].map((name) =>
    renderVerifiedMarkdown(prove([faulty(name)]), word),
  )
  expect(tagsOf(hostile ?? '')).toEqual(tagsOf(usual ?? ''))
  const outside = new MarkdownIt({ html: true })
    .render(hostile ?? '')
    .replaceAll(/<(code|pre)\b[^>]*>[^]*?<\/\1>/g, '')
  expect(outside).not.toContain('@team')
})

test('nothing to verify is a line, and what holds or is unproved says so', () => {
  expect(renderVerifiedMarkdown(prove([]), word)).toBe(
    '<!-- migrate verify -->\n### ✅ No migration to verify: all are released.\n',
  )
  const unproved = prove([verified('M1', { verdict: 'unproved' })])
  expect(renderVerifiedMarkdown(unproved, word)).toContain('### ⚠️ Unproved: 1 of 1 migration.\n')
})

test('it fits into a comment, whatever there is, and says what was cut', () => {
  const long = 'x'.repeat(200)
  const many = Array.from({ length: 400 }, (_, i) => faulty(`Migration${i}_${long}`))
  const text = renderVerifiedMarkdown(prove(many), word)
  expect(text.length).toBeLessThan(65_536)
  expect(text).toMatch(/\| … \d+ more \|/)
  expect(text).toMatch(/The details of \d+ of 400 migrations are cut here/)

  const sql = 'select 1;\n'.repeat(20_000)
  const statement = { sql, line: 1, locks: [], hasUnknownLocks: false }
  const up = {
    kind: 'sql',
    segments: [{ mode: 'transaction', statements: [statement] }],
  } as const
  const one = renderVerifiedMarkdown(
    prove([verified('M1')], [], (name) => described(name, { up })),
    word,
  )
  expect(one.length).toBeLessThan(20_000)
  expect(one).toMatch(/… \d+ more lines are cut/)
})

test('one line that is too long is cut as well', () => {
  const text = renderVerifiedMarkdown(prove([faulty('x'.repeat(100_000))]), word)
  expect(text.length).toBeLessThan(65_536)
  expect(text).toContain('cut')
})

test('what it means for a real database is folded, and stays in its fence', () => {
  const lines = ['Against shop:', '  M1: pending', '    - locks jobs ``` </details> @team']
  const proof = prove([verified('M1')])
  const against = { server: 'shop', lines, sizes: [] }
  const text = renderVerifiedMarkdown({ ...proof, against }, word)
  expect(text).toContain(
    '<summary>Against a real database</summary>\n\n````text\nAgainst shop:\n  M1: pending\n',
  )
  const tags = tagsOf(
    renderVerifiedMarkdown({ ...proof, against: { ...against, lines: ['a'] } }, word),
  )
  expect(tagsOf(text)).toEqual(tags)
  expect(renderVerifiedMarkdown(proof, word)).not.toContain('Against')
  expect(text).toContain('### ✅ Verified: 1 migration.\n')
  const judgement = { verdict: 'unproved', says: ['Verified: 1 migration.', HOSTILE] } as const
  const hostile = renderVerifiedMarkdown({ ...proof, judgement, against }, word)
  expect(hostile).toContain('### ⚠️ Verified: 1 migration. ')
  expect(tagsOf(hostile)).toEqual(tags)
})
