import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** The errors of an adoption. */
export const ADOPTION_ERRORS = {
  DECISION_UNREADABLE: [
    'usage',
    (p: { text: string; reason: string }) =>
      `The decision "${p.text}" cannot be read: ${p.reason}.`,
    () => [
      { command: 'adopt', options: { plan: true }, why: 'To see the choices of each problem' },
    ],
  ],
  DECISION_UNKNOWN: [
    'usage',
    (p: { problem: string; known: readonly string[] }) =>
      p.known.length === 0
        ? `There is no problem "${p.problem}", nor any other: no decision is needed.`
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
      `Rows violate constraints of the pending migrations, and no decision says what to do with them. Nothing was changed.${list(p.problems)}`,
    () => [
      { command: 'adopt', options: { plan: true }, why: 'To see all options' },
      { command: 'again', options: { decide: 'PROBLEM=CHOICE' }, why: 'To decide' },
    ],
  ],
  ADOPTION_UNCONFIRMED: [
    'refused',
    () => 'The adoption was not confirmed. Nothing was changed.',
    () => [{ command: 'again', options: { yes: true }, why: 'To carry it out' }],
  ],
  SCHEMA_UNKNOWN: [
    'integrity',
    (p: { nearest: string; difference: string }) =>
      `The schema of this database is not known. The nearest known schema is ${p.nearest}:\n\n${p.difference}\nNothing was changed.`,
    () => [
      {
        command: 'adopt',
        options: { writeReconcile: true },
        why: 'To write a file for review that brings the database to that schema without losing data',
      },
    ],
  ],
  REVISION_UNCLEAR: [
    'integrity',
    (p: { names: readonly string[] }) =>
      `This database matches several known schemas, which are equal:${list(p.names)}\nOnly its rows show which migrations were applied. Record them with the tool that applied them.`,
    () => [{ command: 'up', why: 'After that' }],
  ],
  DRIFTED_SINCE: [
    'integrity',
    (p: { last: string; difference: string }) =>
      `The journal has migrations of this database up to ${p.last}, and the schema was changed after that. An adoption does not correct such a change. The difference:\n\n${p.difference}`,
  ],
  ADOPTION_MOVED: [
    'integrity',
    () => 'The schema has changed since the adoption was planned. Nothing was changed.',
    () => [{ command: 'adopt', options: { plan: true }, why: 'To plan it again' }],
  ],
  ADOPTION_DIFFERS: [
    'integrity',
    (p: { expected: string; difference: string; after: string }) =>
      `The schema differs from the expected one (${p.expected}):\n\n${p.difference}\n${p.after}`,
  ],
  ADOPTION_UNFINISHED: [
    'integrity',
    () => 'An adoption of this database is not finished.',
    () => [{ command: 'adopt', options: { yes: true }, why: 'To continue it' }],
  ],
  ADOPTION_DECIDED: [
    'refused',
    (p: { problem: string; was: string; is: string }) =>
      `This adoption continues an interrupted one, which has carried out ${p.was} for ${p.problem}: it cannot become ${p.is}. Give no decision.`,
  ],
  ADOPTION_UNTRUSTED: [
    'refused',
    (p: { object: string; owner: string; me: string; run: string }) =>
      `The ${p.object} belongs to "${p.owner}", whose code the adoption would run as "${p.me}". Nothing was read from it, and nothing was changed. If "${p.owner}" is a role of yours, connect as it. Otherwise look at what it has made, and drop it or change its owner.`,
    (p: { run: string }) => [{ sql: p.run, why: 'If that role is yours, as a superuser' }],
  ],
  UPGRADE_UNUSABLE: [
    'usage',
    (p: { schema: string; statement: string }) =>
      `The upgrade of "${p.schema}" contains a statement that cannot run in a transaction with the others:\n  ${p.statement}`,
  ],
  RECONCILIATION_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} cannot be read as a reconciliation: ${p.reason}.`,
    () => [{ command: 'adopt', options: { writeReconcile: true }, why: 'To write it again' }],
  ],
  RECONCILIATION_STALE: [
    'integrity',
    (p: { path: string }) => `${p.path} was written for another schema than this database has now.`,
    () => [{ command: 'adopt', options: { writeReconcile: true }, why: 'To write it again' }],
  ],
  REHEARSAL_FAILED: [
    'failed',
    (p: { reason: string }) =>
      `The rehearsal on a throw-away database failed. This database was not changed. ${p.reason}`,
  ],
} as const satisfies Entries
