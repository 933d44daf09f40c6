import type { PhaseReport } from '../../project/hash.ts'

/** The phase of a migration and why, in lines; `contract` is what the release before does not survive. */
export function renderPhase({ phase, breaks, exception }: Omit<PhaseReport, 'name'>): string[] {
  if (exception !== undefined) {
    return [`expand, although it ${breaks.join(', and it ')}: ${exception}`]
  }
  if (phase === 'expand')
    return ['expand: the previous release of the application works on beside it']
  const why = breaks.length > 0 ? breaks.map((one) => `  it ${one}`) : ['  as it states']
  return ['contract: the previous release of the application may break beside it', ...why]
}
