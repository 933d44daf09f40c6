import type { CompiledQuery, RawBuilder } from 'kysely'
import type { Session } from './database.ts'
import { prepared } from './prepared.ts'

/**
 * A query that is built and compiled once for each set of values that are given: that takes longer than to run it. What
 * `build` makes may depend on which values are there, and on nothing else: it sees a stand-in for each.
 *
 * It is planned once for each connection, too, unless one of `filters` is given: the best plan of a filter depends on how
 * common its value is.
 */
export function compileOnce<Given extends object, Row>(
  build: (session: Session, given: Given) => RawBuilder<Row>,
  filters: readonly (keyof Given)[] = [],
): (session: Session, given: Given) => Promise<Row[]> {
  const forms = new Map<string, CompiledQuery<Row>>()
  return async (session, given) => {
    const values = new Map(Object.entries(given).filter(([, value]) => value !== undefined))
    const form = [...values.keys()].join()
    const isFiltered = filters.some((name) => given[name] !== undefined)
    const query =
      forms.get(form) ??
      build(session, standIns(values)).compile(isFiltered ? session : prepared(session))
    forms.set(form, query)
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof StandIn ? values.get(parameter.name) : parameter,
    )
    const { rows } = await session.executeQuery<Row>({ ...query, parameters })
    return rows
  }
}

function standIns<Given>(values: ReadonlyMap<string, unknown>): Given {
  return Object.fromEntries([...values.keys()].map((name) => [name, new StandIn(name)])) as Given
}

/** What a query has for a value that is not known while it is built. */
class StandIn {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  [Symbol.toPrimitive](): never {
    throw new Error(`The query is built for every ${this.name}, so it cannot depend on one.`)
  }
}
