import { expect, test } from 'vitest'
import { parseDecisions, printDecision, readDecisions } from './decisions.ts'
import { matchesName } from './repair-options.ts'

test.each([
  ['jobs.status:null=default', [{ kind: 'default' }]],
  ['a.b:null=parent,placeholder', [{ kind: 'parent' }, { kind: 'placeholder' }]],
  [
    'a.b:null=parent=c,from=d',
    [
      { kind: 'parent', via: 'c' },
      { kind: 'from', column: 'd' },
    ],
  ],
  ['a.b:null=set=', [{ kind: 'set', value: '' }]],
  ['a.b:null=set=a=b', [{ kind: 'set', value: 'a=b' }]],
  ['a.b:word=map:=x,quarantine', [{ kind: 'map', from: '', to: 'x' }, { kind: 'quarantine' }]],
  [
    String.raw`a.b:word=map:half\, done\=no\\=x\,y`,
    [{ kind: 'map', from: String.raw`half, done=no` + '\\', to: 'x,y' }],
  ],
])('%s is read, and printed as it can be read again', (text, choices) => {
  const [[name, read] = ['', []]] = parseDecisions([text])
  expect(read).toEqual(choices)
  const again = parseDecisions([`${name}=${printDecision(read)}`])
  expect(again.get(name)).toEqual(choices)
})

test.each(['', 'a', 'a=', '=default', 'a=defualt', 'a=map:x', 'a=set', 'a=clamp=3', 'a=default,'])(
  '%j is not a decision',
  (text) => {
    expect(() => parseDecisions([text])).toThrow(/cannot be read/)
  },
)

test('the word of earlier releases is read, and written in the present one', () => {
  const decisions = readDecisions({ 'a.b:null': 'parent,adopted' })
  expect(printDecision(decisions.get('a.b:null') ?? [])).toBe('parent,placeholder')
})

test('a star matches anything, and nothing else is special', () => {
  expect(matchesName('*:null', 'jobs.status:null')).toBe(true)
  expect(matchesName('jobs.*', 'jobs.status:null')).toBe(true)
  expect(matchesName('jobs.status:null', 'jobs.status:null')).toBe(true)
  expect(matchesName('jobs_status:null', 'jobs.status:null')).toBe(false)
  expect(matchesName('jobs.status', 'jobs.status:null')).toBe(false)
  expect(matchesName('jobs.status:nul.', 'jobs.status:null')).toBe(false)
})
