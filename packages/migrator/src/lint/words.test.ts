import type { Node, ObjectType } from '@pgsql/types'
import { expect, test } from 'vitest'
import { findBreaks } from '../phase/breaks.ts'
import { newRelease } from '../phase/release.ts'
import { findDrops } from '../sql/data-losses.ts'
import { lint } from './lint.ts'
import { RULES } from './rules/index.ts'
import { readLintSettings } from './settings.ts'
import { readParserNames } from './tests/parser-names.ts'

/** No message says a name that only the parser has. */

const { kinds, enums, statements } = readParserNames()
const listMembers = (name: string) => enums.get(name) ?? []

/** `DropOwnedStmt` and `DropOwned`, `AT_DisableTrigAll` and `DisableTrigAll`; those that are words are held against the server's. */
const PARSER_NAMES = new Set(
  [...kinds, ...[...enums.values()].flat()]
    .flatMap((name) => [name, name.replace(/^(AT|OBJECT)_|Stmt$/g, '')])
    .filter((name) => /[a-z][A-Z]|_/.test(name)),
)

const findParserNames = (text: string) =>
  (text.match(/\w+/g) ?? []).filter(
    (word) => PARSER_NAMES.has(word) || /^(AT|OBJECT|CONSTR)_/.test(word),
  )

const name: Node = { List: { items: [{ String: { sval: 's' } }, { String: { sval: 'x' } }] } }
const relation = { relname: 't', schemaname: 's' }

function* listNodes(): Generator<Node> {
  for (const kind of statements) yield { [kind]: {} } as unknown as Node
  for (const type of listMembers('ObjectType') as ObjectType[]) {
    yield { DropStmt: { removeType: type, objects: [name] } }
    yield { RenameStmt: { renameType: type, object: name, newname: 'y' } }
    yield { RenameStmt: { renameType: type, subname: 'x', newname: 'y' } }
    yield { RenameStmt: { renameType: type, relation, subname: 'x', newname: 'y' } }
    yield { AlterObjectSchemaStmt: { objectType: type, object: name, newschema: 'y' } }
    for (const subtype of listMembers('AlterTableType'))
      yield {
        AlterTableStmt: {
          relation,
          objtype: type,
          cmds: [{ AlterTableCmd: { subtype, name: 'c' } }],
        },
      } as Node
  }
}

test('what a statement takes from the previous release, and what nobody can read, is in words', () => {
  const said = [...listNodes()].flatMap((node) => [
    ...findBreaks(newRelease(new Map(), new Map()), node),
    ...findDrops(node).flatMap((loss) => ('command' in loss ? [loss.command] : [])),
  ])
  expect(said.length).toBeGreaterThan(1000)
  expect([...new Set(said)].filter((text) => findParserNames(text).length > 0)).toEqual([])
  expect([...new Set(said)].filter((text) => /(^|[ (])\.|\.( |$)/.test(text))).toEqual([])
})

test('texts of rules are in words', () => {
  const texts = RULES.flatMap(({ problem, why, instead }) => [problem, why, instead])
  expect(texts.flatMap(findParserNames)).toEqual([])
})

test.each([
  ['alter schema s rename to s9', 'renames schema s to s9'],
  ['alter role s rename to s9', 'renames role s to s9'],
  ['create schema s; alter schema s rename to s9', undefined],
  ['alter type mood rename to feeling', 'renames type mood to feeling'],
  ['alter operator class x using btree rename to y', 'renames operator class x of btree to y'],
  ['alter type mood set schema s', 'moves type mood to schema s'],
  ['drop owned by app', 'runs DROP OWNED, whose effect on its queries is not known'],
  ['drop materialized view m', 'drops materialized view m'],
  ['drop cast (int as text)', 'drops cast from int4 to text'],
  ['drop operator class x using btree', 'drops operator class x of btree'],
  ['drop transform for hstore language plperl', 'drops transform for hstore of language plperl'],
  ['alter table t disable trigger g', 'turns trigger g of t off, and its writes pass without it'],
  [
    'alter table t disable trigger all',
    'turns all triggers of t off, those of its foreign keys too, and its writes pass unchecked',
  ],
  [
    'alter table t alter a drop default; alter table t alter a drop default',
    'drops the default of t.a',
  ],
])('%s', async (sql, says) => {
  const migration = { isTransactional: true, isContract: false }
  const found = await lint([{ name: 'm', texts: [sql], migration }], readLintSettings({}))
  const said = found.filter(({ rule }) => rule === 'breaks-previous-release')
  expect(said.map((one) => one.says.split(':')[0])).toEqual(
    says === undefined ? [] : [`it ${says}`],
  )
})
