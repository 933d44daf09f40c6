/**
 * Which facts this build finds, as a number: raised with every change to what is read of the same text (rules, chunks,
 * review, prompt), so that a source that was read before is read again. `version.test.ts` notices the change.
 */
export const EXTRACTION_VERSION = 2
