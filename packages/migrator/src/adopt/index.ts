/**
 * Adoption of databases that something else made. The story, file by file: `known-schemas` and `match-schema` find out
 * what a database is, `pending-constraints` what the migrations will require of its rows, `problems` which rows do not
 * satisfy that, `repair-options` and `decisions` what to do with them, `repaired-rows` and `repair-statements` how;
 * `inspect` makes the plan of all that, `baseline` carries it out, `adopt` runs the rest.
 *
 * An entry point of its own: it loads the parser, which a run may not need.
 */
export { adopt, planAdoption, type AdoptionRequest, type AdoptionResult } from './adopt.ts'
export type { AdoptionPlan, Inspection } from './adoption-plan.ts'
export { parseDecisions, type Choice, type Decisions } from './decisions.ts'
export type { Adoption, LegacySchema, PlaceholderParent } from './known-schemas.ts'
export type { Problem } from './problems.ts'
export { readReconciliation, writeReconciliation, type Reconciliation } from './reconciliation.ts'
export { rehearse, type Rehearsal } from './rehearse.ts'
export type { RepairOption } from './repair-options.ts'
