import type { Change } from './model.ts'

/** How a change is marked beside its colour, which not everyone sees. */
export const SIGNS: Readonly<Record<Change, string>> = { added: '+', removed: '−', altered: '~' }
