import { isSameName, namesBefore } from '../known/names-before.ts'
import type { Making, Name, Statement, TableLock } from '../migration.ts'

/** A lock by the names that are in the catalog before the statements that come before it. */
export interface FoundLock extends TableLock {
  readonly calls?: readonly (Name & { readonly isSteady?: true })[]
}

export type Coming = Pick<Statement, 'locks'> & Partial<Pick<Statement, 'makes' | 'renames'>>

/**
 * What statements make before the catalog has it, so that later ones lock another table or work on it in another way: names,
 * domains, functions, indexes. `follow` them in their order.
 */
export class MadeBefore {
  readonly #names = namesBefore()
  readonly #makings: Making[] = []
  /** Types of columns that they add to tables. */
  readonly #columns: { readonly type: Name; readonly lock: TableLock }[] = []

  follow(statement: Coming): void {
    for (const lock of statement.locks)
      if (lock.type) this.#columns.push({ type: lock.type, lock: this.#byFormerName(lock) })
    this.#makings.push(...(statement.makes ?? []))
    if (statement.renames) this.#names.follow({ renames: statement.renames })
  }

  /** What a lock of the next statement comes to. */
  find(lock: TableLock): FoundLock[] {
    const own = this.#withSteadyCalls(this.#withDomain(this.#byFormerName(lock)))
    return [own, ...this.#findThrough(lock)]
  }

  #byFormerName(lock: TableLock): TableLock {
    const { schema: _, table: __, ...rest } = lock
    const { name, schema } = this.#names.table(toName(lock))
    return { ...rest, ...(schema !== undefined && { schema }), table: name }
  }

  /** The table of an index, and those with a column of a domain. */
  #findThrough(lock: TableLock): TableLock[] {
    const { mode, work } = lock
    const same = { mode, ...(work && { work }) }
    if (lock.through === 'index') {
      const made = this.#makings.findLast(
        (one) => 'index' in one && isSameName(one.index, toName(lock)),
      )
      if (!made || !('index' in made)) return []
      const { name: table, schema } = made.table
      const named = { table, ...(schema !== undefined && { schema }), ...same }
      return [named, { ...named, through: 'partitions' } as const].map((one) =>
        this.#byFormerName(one),
      )
    }
    if (lock.through !== 'domain') return []
    return this.#columns
      .filter(({ type }) => this.#isOf(type, toName(lock)))
      .map(({ lock: { table, schema, through } }) => ({
        table,
        ...(schema !== undefined && { schema }),
        ...(through && { through }),
        ...same,
      }))
  }

  #isOf(type: Name, domain: Name): boolean {
    if (isSameName(type, domain)) return true
    return this.#domains(type).some(({ of }) => of !== undefined && this.#isOf(of, domain))
  }

  /** A new column of a domain that they have made or altered. */
  #withDomain(lock: TableLock): TableLock {
    const { type, ...rest } = lock
    if (!type) return lock
    const domains = this.#domains(type)
    if (domains.length === 0) return lock
    const { calls: _, ...bare } = rest
    if (domains.some(({ isChecked }) => isChecked)) return { ...bare, work: 'rewrite' }
    const filling = domains.find(({ calls }) => calls)?.calls
    if (filling && !lock.hasDefault && lock.work === undefined)
      return this.#withDomain({ ...lock, work: 'rewrite', calls: filling, hasDefault: true })
    const of = domains.find((one) => one.of)?.of
    return of ? this.#withDomain({ ...rest, type: of }) : lock
  }

  /** The newest first: what alters one comes before what makes it. */
  #domains(type: Name): readonly DomainMaking[] {
    const all = this.#makings.filter(
      (one): one is DomainMaking => 'domain' in one && isSameName(one.domain, type),
    )
    const made = all.findLastIndex(({ of }) => of !== undefined)
    return all.slice(Math.max(0, made)).toReversed()
  }

  #withSteadyCalls(lock: TableLock): FoundLock {
    if (!lock.calls) return lock
    const found = lock.calls.map((call) => ({ call, made: this.#findFunction(call) }))
    const { calls: _, ...always } = lock
    if (found.some(({ made }) => made?.isVolatile === true)) return always
    const calls = found.map(({ call, made }) =>
      made ? { ...call, isSteady: true as const } : call,
    )
    return { ...lock, calls }
  }

  #findFunction(call: Name) {
    const made = this.#makings.findLast(
      (one) => 'function' in one && isSameName(one.function, call),
    )
    return made && 'function' in made ? made : undefined
  }
}

type DomainMaking = Extract<Making, { readonly domain: Name }>

function toName({ schema, table: name }: TableLock): Name {
  return { ...(schema !== undefined && { schema }), name }
}
