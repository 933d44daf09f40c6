import type { Direction } from '../migration.ts'
import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** What the caller asked for, or how the project is configured, cannot be used. */
export const USAGE_ERRORS = {
  TARGET_UNKNOWN: [
    'usage',
    (p: { target: string; known: readonly string[]; advice?: string }) =>
      `There is no migration "${p.target}".${p.advice === undefined ? '' : ` ${p.advice}`} ${listMeant(p)}`,
  ],
  TARGET_TOO_FAR: [
    'usage',
    (p: { target: string; direction: Direction; most: number }) =>
      `"${p.target}" is too far: ${p.most === 0 ? 'no' : p.most} ${p.most === 1 ? 'migration is' : 'migrations are'} ${p.direction === 'down' ? 'applied' : 'pending'}.${p.most === 0 ? '' : ` Write ${p.direction === 'down' ? '-' : '+'}${p.most} or less.`}`,
  ],
  TARGET_AMBIGUOUS: [
    'usage',
    (p: { target: string; matches: readonly string[] }) =>
      `${p.matches.length} migrations begin with "${p.target}". Write more of the name:${list(p.matches.slice(0, MOST_NAMES))}`,
  ],
  TARGET_BACKWARD: [
    'usage',
    (p: { target: string; direction: Direction }) =>
      p.direction === 'up'
        ? `"${p.target}" is already applied.`
        : `"${p.target}" is not applied yet.`,
    (p: { target: string; direction: Direction }) =>
      p.direction === 'up'
        ? [
            {
              command: 'plan',
              args: [p.target],
              options: { down: true },
              why: 'To see the way down to it',
            },
            { command: 'down', args: [p.target], why: 'To go down to it' },
          ]
        : [{ command: 'up', args: [p.target], why: 'To go up to it' }],
  ],
  PLAN_HASH_MALFORMED: [
    'usage',
    (p: { hash: string; shortest: number }) =>
      `"${p.hash}" is not a plan hash. A plan hash is ${p.shortest} or more hexadecimal digits.`,
    () => [{ command: 'plan', why: 'To see the hash of the plan' }],
  ],
  FILE_UNUSABLE: [
    'usage',
    (p: { path: string; doing: string; reason: string }) =>
      `${p.path} cannot be used (${p.doing}: ${p.reason}). Correct its permissions or its place, then run again.`,
  ],
  TYPESCRIPT_UNREADABLE: [
    'usage',
    (p: { configPath: string; reason: string }) =>
      `${p.configPath}, or a file that it imports, cannot be read as TypeScript: ${p.reason}. Install a loader that MikroORM's own command line uses: for decorators with metadata @swc-node/register and @swc/core, otherwise tsx (npm install -D tsx). Or name the compiled configuration.`,
  ],
  PROJECT_INVALID: ['usage', (p: { reason: string }) => p.reason],
  SQL_UNREADABLE: [
    'usage',
    (p: { path: string; line?: number; reason: string }) =>
      `${p.path}${p.line === undefined ? '' : `:${p.line}`}: ${p.reason}.`,
  ],
  LINT_CONFIG_INVALID: [
    'usage',
    (p: { reason: string }) => `The configuration of lint cannot be used: ${p.reason}.`,
  ],
  SNAPSHOT_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} is not a catalog that serializeCatalog wrote: ${p.reason.replace(/\.$/, '')}.`,
  ],
  STATEMENT_UNUSABLE: [
    'refused',
    (p: { migration: string; statement: string; reason: string }) =>
      `${p.migration} has a statement that cannot be in a migration: ${p.reason}\n  ${p.statement}`,
  ],
} as const satisfies Entries

/** So many names can be read at a glance. */
const MOST_NAMES = 8

/** The names that may be meant, of many: those that the wrong one is a part of, or the newest. */
function listMeant({ target, known }: { target: string; known: readonly string[] }): string {
  if (known.length <= MOST_NAMES) return `The migrations are:${list(known)}`
  const part = target.toLowerCase()
  const alike = known.filter((name) => part !== '' && name.toLowerCase().includes(part))
  const which = alike.length > 0 ? 'those with it in their names' : 'the newest'
  const names = (alike.length > 0 ? alike : known).slice(-MOST_NAMES)
  return `Of ${known.length} migrations ${which} are:${list(names)}`
}
