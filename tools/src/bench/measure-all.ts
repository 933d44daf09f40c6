import { elevenTables, smallMigrations, type Chain } from './chains.ts'
import {
  compareApplying,
  compareNothingPending,
  openHead,
  type Arena,
  type Opened,
} from './compare.ts'
import type { Contender } from './contender.ts'
import { bareNode, psql } from './contenders.ts'
import type { Failures } from './install.ts'
import { describeFailure, type Column, type Compared, type Result } from './result.ts'

/** What a column of the report measures. */
export interface Work {
  readonly title: string
  readonly baseline: Contender
  readonly compare: (arena: Arena, contender: Contender) => Promise<Compared>
}

export function applying(chain: Chain): Work {
  const compare: Work['compare'] = (arena, one) => compareApplying(arena, one, chain)
  return { title: chain.title, baseline: psql, compare }
}

function nothingPending(chain: Chain): Work {
  // Its database stays until the server goes.
  let head: Promise<Opened> | undefined
  return {
    title: `Nothing pending after ${chain.steps.length}`,
    baseline: bareNode,
    compare: async (arena, one) =>
      compareNothingPending(arena, one, chain, await (head ??= openHead(arena, chain))),
  }
}

/** All that the report has. */
export async function listWorks(): Promise<Work[]> {
  const [small, thousand] = [smallMigrations(10), smallMigrations(1000)]
  return [
    ...[await elevenTables(), small, smallMigrations(100), thousand].map(applying),
    ...[small, thousand].map(nothingPending),
  ]
}

/** Measures each contender beside the baseline of each work. One that fails is a result too. Calls `measured` after each. */
export async function measureAll(
  arena: Arena,
  works: readonly Work[],
  contenders: readonly Contender[],
  notInstalled: Failures,
  measured: (columns: readonly Column[], title: string, name: string, result: Result) => void,
): Promise<Column[]> {
  const columns: Column[] = []
  for (const { title, baseline, compare } of works) {
    const results = new Map<string, Result>()
    columns.push({ title, baseline: baseline === psql ? 'psql' : 'bare Node', results })
    for (const contender of contenders) {
      const isOther = [psql, bareNode].includes(contender) && contender !== baseline
      if (isOther) continue
      const failure = notInstalled.get(contender.name)
      const result =
        failure === undefined ? await attempt(() => compare(arena, contender)) : { failure }
      results.set(contender.name, result)
      measured(columns, title, contender.name, result)
    }
  }
  return columns
}

async function attempt(work: () => Promise<Compared>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    console.error(error)
    return { failure: describeFailure(error) }
  }
}
