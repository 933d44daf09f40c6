/** Adoption of databases that something else made: apart, since it needs the parser, which a run may not. */
export { adopt, planAdoption, type AdoptionRequest, type AdoptionResult } from './adopt.ts'
export { parseDecisions, type Choice, type Decisions } from './decisions.ts'
export { shapeOf } from './facts.ts'
export type { Adoption, FosterRow, LegacyShape } from './knowledge.ts'
export type { Offer } from './offers.ts'
export type { Problem } from './problems.ts'
export { refuseUnlessReady, undecided } from './readiness.ts'
export { readReconciliation, writeReconciliation, type Reconciliation } from './reconcile.ts'
export { rehearse, type Rehearsal } from './rehearse.ts'
export type { AdoptionPlan, Inspection } from "./adoption-plan.ts";
