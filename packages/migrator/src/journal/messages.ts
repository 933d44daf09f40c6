/** The part of the catalogue of errors that is about whose word counts. */
export const TRUST_ERRORS = {
  BOOKKEEPING_UNTRUSTED: [
    'integrity',
    (p: { object: string; owner: string; reason: string; run: string; unlessOwn?: string }) =>
      `The ${p.object} ${p.reason}, so what it says cannot be trusted. Nothing was read from it or written to it.\n${
        p.unlessOwn === undefined
          ? 'Find out who did that; then run, as its owner or a superuser'
          : `If "${p.owner}" is a role of yours, connect as it, or run as a superuser: ${p.unlessOwn}\nOtherwise somebody has put it there. Look at it; then run, as a superuser`
      }: ${p.run}`,
  ],
  PASSWORD_UNUSABLE: [
    'usage',
    () =>
      'The password for the role is empty, or holds more than printable ASCII, of which not every client makes the same key. Choose another: MIGRATE_ROLE_PASSWORD',
  ],
} as const
