import { writeFile } from 'node:fs/promises'
import { reference } from './reference.ts'

// As wide as where it is no terminal.
process.stdout.columns = 80
await writeFile(new URL('../../../../../docs/cli.md', import.meta.url), reference())
