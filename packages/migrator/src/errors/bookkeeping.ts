import { list } from './list.ts'

/** The part of the catalogue of errors that is about whose word counts. */
export const BOOKKEEPING_ERRORS = {
  BOOKKEEPING_UNTRUSTED: [
    'integrity',
    (p: { object: string; owner: string; reason: string; run: string; unlessOwn?: string }) =>
      `The ${p.object} ${p.reason}, so what it says cannot be trusted. Nothing was read from it or written to it.\n${
        p.unlessOwn === undefined
          ? 'Find out who did that; then run, as its owner or a superuser'
          : `If "${p.owner}" is a role of yours, connect as it, or run as a superuser: ${p.unlessOwn}\nOtherwise somebody has put it there. Look at it; then run, as a superuser`
      }: ${p.run}`,
  ],
  JOURNAL_NEWER: [
    'usage',
    (p: { format: number; known: number; version: string; since: string }) =>
      `The journal of this database has format ${p.format}, and version ${p.version} of the migrator knows formats up to ${p.known}. Nothing was read from it or written to it. Use version ${p.since} of the migrator, or a newer one.`,
  ],
  PASSWORD_UNUSABLE: [
    'usage',
    () =>
      'The password for the role is empty, or holds more than printable ASCII, of which not every client makes the same key. Choose another: MIGRATE_ROLE_PASSWORD',
  ],
  PRIVILEGE_MISSING: [
    'usage',
    (p: { reason: string; doing: string; run?: readonly string[] }) =>
      `A privilege is missing while ${p.doing}: ${p.reason}. Connect as the database's owner, or ${p.run ? `have its owner or a superuser run:${list(p.run.map((sql) => `${sql};`))}` : 'have it granted.'}`,
  ],
  ROLE_FAILED: [
    'failed',
    (p: { role: string; reason: string }) => `Role "${p.role}" could not be set up: ${p.reason}`,
  ],
  ROWS_HIDDEN: [
    'refused',
    (p: { reason: string }) =>
      `Row-level security may hide rows from this role, so nothing can be said of all of them, and nothing was done: ${p.reason}\nRun it as a superuser or as a role with BYPASSRLS, which a superuser gives: ALTER ROLE … BYPASSRLS`,
  ],
  LEDGER_INCOMPLETE: [
    'integrity',
    (p: { ledger: string; names: readonly string[]; first: string; last: string }) =>
      `${p.ledger} lacks migrations that the journal has as applied, so somebody has changed it by other means:${list(p.names)}
Nothing was run: their work may still be there, and would be done twice.
If it is there, record them again, the oldest first: migrate repair ${p.first} --applied --reason WHY
If it was taken back by hand, the newest first: migrate repair ${p.last} --not-applied --reason WHY`,
  ],
} as const
