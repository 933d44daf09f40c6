import type { Entries } from './entry.ts'
import { list } from './list.ts'

const WHOSE_GRANT =
  'The grant counts only from a superuser, the owner of the database, or an admin of the connecting role.'

/** Ledger, journal and archive cannot be trusted, read or written. */
export const BOOKKEEPING_ERRORS = {
  BOOKKEEPING_UNTRUSTED: [
    'integrity',
    (p: { object: string; owner: string; reason: string; run: string; unlessOwn?: string }) =>
      `The ${p.object} ${p.reason}, so it cannot be trusted. Nothing was read from it or written to it. ${
        p.unlessOwn === undefined
          ? 'Find out who did that.'
          : `If "${p.owner}" is a role of yours, connect as it, or trust it. ${WHOSE_GRANT} Otherwise another role has put it there: look at it first.`
      }`,
    (p: { run: string; unlessOwn?: string }) =>
      p.unlessOwn === undefined
        ? [{ sql: p.run, why: 'Then, as its owner or a superuser' }]
        : [
            { sql: p.unlessOwn, why: 'If that role is yours, as a superuser' },
            { sql: p.run, why: 'To set it aside otherwise, as a superuser' },
          ],
  ],
  PATH_UNTRUSTED: [
    'refused',
    (p: {
      object: string
      owner: string
      place: string
      consequence: string
      run?: string
      unlessOwn: string
    }) =>
      `The ${p.object} ${p.place} and belongs to "${p.owner}", ${p.consequence}. Nothing was done. If "${p.owner}" is a role of yours, trust it. ${WHOSE_GRANT} Otherwise another role has put it there: look at it first, then set a search path without it${p.run === undefined ? '. What is empty may be dropped.' : ', or drop it.'}`,
    (p: { run?: string; unlessOwn: string }) => [
      { sql: p.unlessOwn, why: 'If that role is yours, as a superuser' },
      ...(p.run === undefined ? [] : [{ sql: p.run, why: 'If it is not, as a superuser' }]),
    ],
  ],
  PATH_LEADS_NOWHERE: [
    'refused',
    (p: { table: string }) =>
      `The search path of this role leads to no schema that is there, so the ledger "${p.table}" has no place. Nothing was done. Create the schema that the path names, set a search path that leads to one, or name the schema in the configuration.`,
  ],
  OBJECT_UNTRUSTED: [
    'refused',
    (p: { object: string; owner: string; me: string; after: string; run: string }) =>
      `The ${p.object} belongs to "${p.owner}", and a migration uses it: PostgreSQL would run code of "${p.owner}" as "${p.me}". ${p.after} If "${p.owner}" is a role of yours, trust it. ${WHOSE_GRANT} Otherwise look at what it has made, and drop it or change its owner.`,
    (p: { run: string }) => [{ sql: p.run, why: 'If that role is yours, as a superuser' }],
  ],
  JOURNAL_NEWER: [
    'usage',
    (p: { format: number; known: number; version: string; since: string }) =>
      `The journal of this database has format ${p.format}, and version ${p.version} of the migrator knows formats up to ${p.known}. Nothing was read from it or written to it. Use version ${p.since} of the migrator, or a newer one.`,
  ],
  PASSWORD_UNUSABLE: [
    'usage',
    () =>
      'The password for the role is empty or has characters beyond printable ASCII, which clients encode in different ways. Choose another.',
    () => [{ setting: 'rolePassword', why: 'To give the role a password' }],
  ],
  PRIVILEGE_MISSING: [
    'usage',
    (p: { reason: string; doing: string; owner?: string; run?: readonly string[] }) =>
      `A privilege is missing while ${p.doing}: ${p.reason}. Connect as ${p.owner ?? 'the owner of the database'}${p.run ? '.' : ', or have it granted.'}`,
    (p: { run?: readonly string[] }) =>
      (p.run ?? []).map((sql) => ({ sql, why: 'Or, as its owner or a superuser' })),
  ],
  ROLE_FAILED: [
    'failed',
    (p: { role: string; reason: string }) => `Role "${p.role}" could not be set up: ${p.reason}`,
  ],
  ROLE_TOO_POWERFUL: [
    'refused',
    (p: { role: string; reason: string }) =>
      `Role "${p.role}" ${p.reason}, so it can do more than a role of an application. Nothing was changed. Name a role that has no rights of its own, or a new one.`,
  ],
  ROWS_HIDDEN: [
    'refused',
    (p: { reason: string }) =>
      `Row-level security may hide rows from this role, so not all rows can be checked. Nothing was done: ${p.reason}\nRun it as a superuser or as a role with BYPASSRLS.`,
  ],
  LEDGER_ELSEWHERE: [
    'integrity',
    (p: { elsewhere: string; names: readonly string[]; ledger: string; found: boolean }) =>
      `The ledger of these migrations is ${p.elsewhere}, as the journal has it, and this connection ${p.found ? `finds ${p.ledger}, of which the journal knows nothing` : `does not find it (it would make ${p.ledger})`}:${list(p.names)}
Nothing was done: they would be applied twice. The search path of the role or the database decides which ledger is found. Set it to what it was, or name the schema of the ledger in the configuration; if these migrations are to have tables of their own here, name that schema.`,
  ],
  LEDGER_INCOMPLETE: [
    'integrity',
    (p: { ledger: string; names: readonly string[]; first: string; last: string }) =>
      `${p.ledger} lacks migrations that the journal records as applied, so something else changed it:${list(p.names)}\nNothing was run: their work may still exist, and would be done twice.`,
    (p: { first: string; last: string }) => [
      {
        command: 'repair',
        args: [p.first],
        options: { applied: true, reason: 'WHY' },
        why: 'If their work exists, the oldest first',
      },
      {
        command: 'repair',
        args: [p.last],
        options: { notApplied: true, reason: 'WHY' },
        why: 'If it was reverted by hand, the newest first',
      },
    ],
  ],
} as const satisfies Entries
