import { checksum } from '../../sql/checksum.ts'
import { readName } from '../../sql/names.ts'
import { shown, toName } from '../../phase/release.ts'
import type { Rule } from '../rule.ts'

export const triggerDroppedAndMade: Rule = {
  id: 'trigger-dropped-and-made',
  level: 'warning',
  hazards: ['wrong-object', 'blocks-reads'],
  problem: 'the trigger is dropped and made again, and writes between the two pass without it.',
  why: 'DROP TRIGGER takes ACCESS EXCLUSIVE. CREATE OR REPLACE TRIGGER takes SHARE ROW EXCLUSIVE, stops no reader, and leaves no gap.',
  instead: 'CREATE OR REPLACE TRIGGER.',
  check(statement, { script }) {
    const { node } = statement
    if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_TRIGGER') return []
    const made = new Set(
      script.slice(script.indexOf(statement)).flatMap(({ node: later }) => {
        if (!('CreateTrigStmt' in later)) return []
        const { trigname, relation } = later.CreateTrigStmt
        return [checksum([toName(relation).name, trigname])]
      }),
    )
    return (node.DropStmt.objects ?? []).flatMap((object) => {
      // The table is before the name of its trigger.
      const { schema: table = '', name } = readName(object)
      return made.has(checksum([table, name]))
        ? [{ about: `${name} of ${shown({ name: table })}` }]
        : []
    })
  },
  example: {
    given:
      'create table t (id bigint primary key); create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger g before insert on t for each row execute function f()',
    unsafe:
      'drop trigger g on t; create trigger g before insert or update on t for each row execute function f()',
    safe: 'create or replace trigger g before insert or update on t for each row execute function f()',
  },
}
