/** The part of the catalogue of errors that is about what a migration does to the session that runs it. */
export const SESSION_ERRORS = {
  LOCK_LOST: [
    'failed',
    (p: { name: string; after: string }) =>
      `${p.name} let go of the migration lock (pg_advisory_unlock_all, say), so another run may be at work. ${p.after} Nothing of it was recorded. Take that out of it, then run again.`,
  ],
  TRANSACTION_ENDED: [
    'failed',
    (p: { name: string }) =>
      `${p.name} ended the transaction that it ran in: COMMIT and ROLLBACK belong to the runner. Nothing of it was recorded, but what it committed itself stands: look at it. Take that out of it, then run again.`,
  ],
  CODE_TRANSACTION: [
    'failed',
    (p: { name: string; statement: string }) =>
      `The code of ${p.name} runs in the runner's transaction, and may not end it or begin another: ${p.statement}. Nothing of it was applied. Take that out; where it must commit in between, let isTransactional() return false.`,
  ],
  CODE_NOT_AWAITED: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} did not wait for a query of its own. Nothing of it was recorded. Await every query, then run again.`,
  ],
  CODE_NEVER_ENDS: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} waits for a promise that nothing will settle. Nothing of it was recorded. Mend it, then run again.`,
  ],
  TRANSACTION_LEFT_OPEN: [
    'failed',
    (p: { name: string }) =>
      `The code of ${p.name} left a transaction open, which was rolled back. What it did outside of that stands, and nothing of it was recorded. Commit it there, then run again.`,
  ],
} as const
