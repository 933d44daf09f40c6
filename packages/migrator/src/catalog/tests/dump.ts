import { execFileSync } from 'node:child_process'

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

/** The version of the pg_dump on the path; nothing in the repository brings one. */
export function pgDumpMajor(): number | undefined {
  try {
    const version = execFileSync('pg_dump', ['--version'], { encoding: 'utf8' })
    return Number(/\d+/.exec(version)?.[0])
  } catch {
    return undefined
  }
}

/** A database as SQL that a driver can run: without psql's own \restrict and COPY. */
export function dumpDatabase(url: string): string {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  return execFileSync('pg_dump', ['--inserts', url], options).replaceAll(/^\\.*$/gm, '')
}
