import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: projects({
      majors: [18, 15],
      // What the command line prints and asks, and how projects and files are found and written.
      once: [
        'src/cli/commands/check.db.test.ts',
        'src/cli/commands/new-commands.db.test.ts',
        'src/cli/{ledger,manners,project,refusals,renames,running,scratch-server}.db.test.ts',
        'src/mikro-orm/{as-stock,files,nul,packed,parity,unreadable}.db.test.ts',
      ],
      alsoOn: { majors: [17, 16], folder: 'src/catalog' },
    }),
  },
})
