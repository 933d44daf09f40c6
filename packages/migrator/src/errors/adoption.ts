import type { Entries } from './entry.ts'
import { list } from './list.ts'

/** The part of the catalogue of errors that is about adoption. */
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
        ? `There is no problem "${p.problem}", nor any other: leave --decide out.`
        : `There is no problem "${p.problem}". There are:${list(p.known)}`,
  ],
  CHOICE_UNKNOWN: [
    'usage',
    (p: { problem: string; choice: string; offers: readonly string[] }) =>
      `"${p.choice}" cannot be chosen for ${p.problem}. There are:${list(p.offers)}`,
  ],
  DECISIONS_MISSING: [
    'refused',
    (p: { problems: readonly string[] }) =>
      `Rows stand in the way, and it is not decided what is to become of them. Nothing was changed.${list(p.problems)}\nEvery choice is shown by: migrate adopt --plan`,
  ],
  ADOPTION_UNCONFIRMED: [
    'refused',
    () => 'Nothing was changed. If that is what you want, run the same again with --yes.',
  ],
  SHAPE_UNKNOWN: [
    'integrity',
    (p: { nearest: string; difference: string }) =>
      `This database is nothing that is known here. The nearest is ${p.nearest}:\n\n${p.difference}\nNothing was changed. To bring it there without losing anything, have a migration written for review: migrate adopt --write-reconcile`,
  ],
  REVISION_UNCLEAR: [
    'integrity',
    (p: { names: readonly string[] }) =>
      `This database may be at any of these, whose schemas are the same:${list(p.names)}\nWhich of them were run only the rows can tell. Record them with the tool that ran them, then run: migrate up`,
  ],
  DRIFTED_SINCE: [
    'integrity',
    (p: { last: string; difference: string }) =>
      `This migrator has been here already, as far as ${p.last}, and somebody has changed the schema since. That is no adoption. What differs:\n\n${p.difference}`,
  ],
  ADOPTION_MOVED: [
    'integrity',
    () =>
      'The schema was changed by somebody since the plan was made. Nothing was done; look at the new plan: migrate adopt --plan',
  ],
  ADOPTION_DIFFERS: [
    'integrity',
    (p: { expected: string; difference: string; after: string }) =>
      `The schema is not what is expected (${p.expected}):\n\n${p.difference}\n${p.after}`,
  ],
  ADOPTION_UNFINISHED: [
    'integrity',
    () =>
      'An adoption of this database has begun and is not finished. Go on with the same command: migrate adopt --yes',
  ],
  ADOPTION_DECIDED: [
    'refused',
    (p: { problem: string; was: string; is: string }) =>
      `This adoption goes on where it stopped, and ${p.problem} was decided then: ${p.was}, not ${p.is}. Leave --decide out.`,
  ],
  BRIDGE_UNUSABLE: [
    'usage',
    (p: { shape: string; statement: string }) =>
      `The way from "${p.shape}" holds a statement that cannot share a transaction with the others:\n  ${p.statement}`,
  ],
  RECONCILIATION_UNREADABLE: [
    'usage',
    (p: { path: string; reason: string }) =>
      `${p.path} is no reconciliation: ${p.reason}. Have it written anew: migrate adopt --write-reconcile`,
  ],
  RECONCILIATION_STALE: [
    'integrity',
    (p: { path: string }) =>
      `${p.path} was written for another schema than this database has now. Have it written anew: migrate adopt --write-reconcile`,
  ],
  REHEARSAL_FAILED: [
    'failed',
    (p: { reason: string }) =>
      `The rehearsal on a throw-away database failed; this one was not touched. ${p.reason}`,
  ],
} as const satisfies Entries
