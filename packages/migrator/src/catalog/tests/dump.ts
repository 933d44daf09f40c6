import { execFileSync, spawnSync } from 'node:child_process'

/**
 * Kinds of change that pg_dump does not carry: states, settings, and what it takes for built in.
 */
export const NOT_DUMPED = new Set([
  'database setting',
  'database setting of a role',
  'foreign key triggers disabled',
  'foreign key triggers disabled on one partition',
  'function in pg_catalog',
  'index invalid',
  'index not ready',
  'language added',
  'partition half detached',
  'row type granted',
  'security label',
  'subscription added', // a database that has one cannot be dropped
])

/** Whether there is a pg_dump of this version; nothing in the repository brings one. */
export function hasPgDump(major: number): boolean {
  return pgDumpOf(major) !== undefined
}

/** A database as SQL that a driver can run: without psql's own \restrict and COPY. */
export function dumpDatabase(url: string, major: number): string {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const program = pgDumpOf(major) ?? 'pg_dump'
  return execFileSync(program, ['--inserts', url], options).replaceAll(/^\\.*$/gm, '')
}

/** Debian has the versions side by side; elsewhere there is the one on the path. */
function pgDumpOf(major: number): string | undefined {
  const programs = [`/usr/lib/postgresql/${major}/bin/pg_dump`, 'pg_dump']
  return programs.find((program) => {
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
    return Number(/\d+/.exec(stdout ?? '')?.[0]) === major
  })
}
