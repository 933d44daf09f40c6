import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** The errors of an adoption. */
export const ADOPTION_ERRORS = {
  DECISION_UNREADABLE: [
    'usage',
    (p: { text: string; reason: string }) =>
      `--decide "${p.text}" cannot be read: ${p.reason}. For example: --decide jobs.status:null=default`,
  ],
  DECISION_UNKNOWN: [
    'usage',
    (p: { problem: string; known: readonly string[] }) =>
      p.known.length === 0
        ? `There is no problem "${p.problem}", nor any other: omit --decide.`
        : `There is no problem "${p.problem}". The problems are:${list(p.known)}`,
  ],
  CHOICE_UNKNOWN: [
    'usage',
    (p: { problem: string; choice: string; options: readonly string[] }) =>
      `"${p.choice}" is not an option for ${p.problem}. The options are:${list(p.options)}`,
  ],
  DECISIONS_MISSING: [
    'refused',
    (p: { problems: readonly string[] }) =>
      `Rows violate constraints of the pending migrations, and no decision says what to do with them. Nothing was changed.${list(p.problems)}\nTo see all options, run: migrate adopt --plan`,
  ],
  ADOPTION_UNCONFIRMED: [
    'refused',
    () =>
      'The adoption was not confirmed. Nothing was changed. To carry it out, run the same command with --yes.',
  ],
  SCHEMA_UNKNOWN: [
    'integrity',
    (p: { nearest: string; difference: string }) =>
      `The schema of this database is not known. The nearest known schema is ${p.nearest}:\n\n${p.difference}\nNothing was changed. To bring the database to that schema without losing data, write a migration for review: migrate adopt --write-reconcile`,
  ],
  REVISION_UNCLEAR: [
    'integrity',
    (p: { names: readonly string[] }) =>
      `This database matches several known schemas, which are equal:${list(p.names)}\nOnly its rows show which migrations were applied. Record them with the tool that applied them, then run: migrate up`,
  ],
  DRIFTED_SINCE: [
    'integrity',
    (p: { last: string; difference: string }) =>
      `The journal has migrations of this database up to ${p.last}, and the schema was changed after that. An adoption does not correct such a change. The difference:\n\n${p.difference}`,
  ],
  ADOPTION_MOVED: [
    'integrity',
    () =>
      'The schema has changed since the adoption was planned. Nothing was changed. Plan it again: migrate adopt --plan',
  ],
  ADOPTION_DIFFERS: [
    'integrity',
    (p: { expected: string; difference: string; after: string }) =>
      `The schema differs from the expected one (${p.expected}):\n\n${p.difference}\n${p.after}`,
  ],
  ADOPTION_UNFINISHED: [
    'integrity',
    () =>
      'An adoption of this database is not finished. To continue it, run the same command again: migrate adopt --yes',
  ],
  ADOPTION_DECIDED: [
    'refused',
    (p: { problem: string; was: string; is: string }) =>
      `This adoption continues an interrupted one, which has carried out ${p.was} for ${p.problem}: it cannot become ${p.is}. Omit --decide.`,
  ],
  UPGRADE_UNUSABLE: [
    'usage',
    (p: { schema: string; statement: string }) =>
      `The upgrade of "${p.schema}" contains a statement that cannot run in a transaction with the others:\n  ${p.statement}`,
  ],
  RECONCILIATION_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} cannot be read as a reconciliation: ${p.reason}. Write it again: migrate adopt --write-reconcile`,
  ],
  RECONCILIATION_STALE: [
    'integrity',
    (p: { path: string }) =>
      `${p.path} was written for another schema than this database has now. Write it again: migrate adopt --write-reconcile`,
  ],
  REHEARSAL_FAILED: [
    'failed',
    (p: { reason: string }) =>
      `The rehearsal on a throw-away database failed. This database was not changed. ${p.reason}`,
  ],
} as const satisfies Entries
