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
} as const
