import { readFileSync } from 'node:fs'

/** Of this package; read beside the sources and beside what is built of them alike. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version
