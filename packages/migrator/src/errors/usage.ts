import type { Entries } from './entry.ts'
import type { Direction } from '../migration.ts'
import { list } from './list.ts'

/** What the caller asked for, or how the project is configured, cannot be used. */
export const USAGE_ERRORS = {
  TARGET_UNKNOWN: [
    'usage',
    (p: { target: string; known: readonly string[] }) =>
      `No migration is named "${p.target}". Use a name, a unique prefix, +N, -N, base or head. Known are:${list(p.known)}`,
  ],
  TARGET_AMBIGUOUS: [
    'usage',
    (p: { target: string; matches: readonly string[] }) =>
      `"${p.target}" is the beginning of ${p.matches.length} migrations. Write more of it:${list(p.matches)}`,
  ],
  TARGET_BACKWARD: [
    'usage',
    (p: { target: string; direction: Direction; other: Direction }) =>
      `"${p.target}" is not ${p.direction === 'up' ? 'ahead of' : 'behind'} this database. To go there run: migrate ${p.other} ${p.target}`,
  ],
  PLAN_HASH_MALFORMED: [
    'usage',
    (p: { hash: string; shortest: number }) =>
      `"${p.hash}" is no hash of a plan: ${p.shortest} or more of the hexadecimal digits that migrate plan prints.`,
  ],
  FILE_UNUSABLE: [
    'usage',
    (p: { path: string; doing: string; reason: string }) =>
      `${p.path} cannot be used (${p.doing}: ${p.reason}). Correct its permissions or its place, then run again.`,
  ],
  TYPESCRIPT_UNREADABLE: [
    'usage',
    (p: { configPath: string; reason: string }) =>
      `${p.configPath}, or what it imports, cannot be read as TypeScript: ${p.reason}. Install a loader as MikroORM's own command line uses, for decorators with metadata @swc-node/register and @swc/core, else tsx (npm install --save-dev tsx); or name the compiled configuration.`,
  ],
  PROJECT_INVALID: ['usage', (p: { reason: string }) => p.reason],
  SNAPSHOT_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} is no catalog snapshot: ${p.reason}. Give the URL of a database or the path of a snapshot.`,
  ],
  STATEMENT_UNUSABLE: [
    'refused',
    (p: { migration: string; statement: string; reason: string }) =>
      `${p.migration} holds a statement that a migration cannot: ${p.reason}\n  ${p.statement}`,
  ],
} as const satisfies Entries
