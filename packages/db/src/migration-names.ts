import lock from './migrations.manifest.json' with { type: 'json' }

/**
 * The migrations that this build's entities were made for, in order: a database whose ledger lacks one of them is behind,
 * and one whose ledger has others is ahead.
 */
export const migrationNames: readonly string[] = lock.migrations.map(({ name }) => name)
