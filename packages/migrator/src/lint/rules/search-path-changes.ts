import { readSetting } from '../session-settings.ts'
import type { Rule } from '../rule.ts'

export const searchPathChanges: Rule = {
  id: 'search-path-changes',
  level: 'warning',
  hazards: ['wrong-object'],
  problem: 'the names after it mean other objects than the ones before it.',
  why: 'Which table a bare name is depends on what has run in the session; moved to another file, the statement works on another table.',
  instead: 'Write the schema with the name.',
  check({ node }) {
    const set = readSetting(node)
    return set?.name === 'search_path' ? [{ about: set.name }] : []
  },
  example: {
    given: 'create schema app',
    unsafe: 'set search_path = app; create table t (id bigint primary key)',
    safe: 'create table app.t (id bigint primary key)',
  },
}
