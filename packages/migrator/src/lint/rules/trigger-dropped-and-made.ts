import { shown, toKey, toName } from '../../phase/release.ts'
import { keysIn, listLater } from '../neighbours.ts'
import { listDropped } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const triggerDroppedAndMade: Rule = {
  id: 'trigger-dropped-and-made',
  level: 'warning',
  hazards: ['wrong-object', 'blocks-reads'],
  problem: 'the trigger is dropped and made again, and writes between the two pass without it.',
  why: 'DROP TRIGGER takes ACCESS EXCLUSIVE. CREATE OR REPLACE TRIGGER takes SHARE ROW EXCLUSIVE, stops no reader, and leaves no gap.',
  instead: 'CREATE OR REPLACE TRIGGER.',
  check(statement, context) {
    // The table is where other names have their schema.
    const dropped = listDropped(statement.node, 'OBJECT_TRIGGER')
    if (dropped.length === 0) return []
    const made = keysIn(listLater(statement, context), (node) => {
      if (!('CreateTrigStmt' in node)) return undefined
      const { trigname = '', relation } = node.CreateTrigStmt
      return { schema: toName(relation).name, name: trigname }
    })
    return dropped
      .filter((trigger) => made.has(toKey(trigger)))
      .map(({ schema: table = '', name }) => ({ about: `${name} of ${shown({ name: table })}` }))
  },
  example: {
    given:
      'create table t (id bigint primary key); create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger g before insert on t for each row execute function f()',
    unsafe:
      'drop trigger g on t; create trigger g before insert or update on t for each row execute function f()',
    safe: 'create or replace trigger g before insert or update on t for each row execute function f()',
  },
}
