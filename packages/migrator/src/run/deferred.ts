import type { Statement } from '../migration.ts'

/**
 * PostgreSQL alters no table for which a deferred constraint has yet to be checked. This has them checked now, and
 * deferred again: those that are from the beginning. It runs on the author's path, so every name is qualified.
 */
export const CHECK_DEFERRED = `do $migrator$
  declare names text;
  begin
    set constraints all immediate;
    select pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', n.nspname, c.conname), ', ') into names
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.connamespace
     where c.condeferred and not exists (
       select from pg_catalog.pg_constraint o
        where o.conname operator(pg_catalog.=) c.conname and o.connamespace operator(pg_catalog.=) c.connamespace
          and not o.condeferrable);
    if names is not null then
      execute pg_catalog.format('set constraints %s deferred', names);
    end if;
  end $migrator$`

/** True where rows may have been written, as far as a text tells. */
export function mayWriteRows({
  locks,
  hasUnknownLocks,
}: Pick<Statement, 'locks' | 'hasUnknownLocks'>): boolean {
  return hasUnknownLocks || locks.some(({ mode }) => mode === 'ROW EXCLUSIVE')
}

/** True of a statement that changes a table, or what belongs to one. */
export function changesTables({ locks }: Pick<Statement, 'locks'>): boolean {
  return locks.some(({ mode }) => !WEAK.has(mode))
}

const WEAK: ReadonlySet<string> = new Set(['ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE'])
