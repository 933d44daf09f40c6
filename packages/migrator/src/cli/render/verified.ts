import { renderSteps, type WordStep } from '../../errors/next-step.ts'
import { printable } from '../../errors/printable.ts'
import type { Fault, VerifiedMigration, VerifyReport } from '../../verify/report.ts'
import { count } from '../../errors/list.ts'
import { describeAgainst } from './against.ts'

/** A line for a migration that holds, a paragraph for each fault, and a verdict. */
export function renderVerified(report: VerifyReport, word: WordStep): string {
  const { migrations, unreached, fixtures } = report
  const against = report.against && describeAgainst(report.against)
  const lines = [
    ...migrations.flatMap((one) => renderMigration(one, word)),
    ...unreached.map((name) => `${name}: not reached`),
    ...(fixtures === 'not loaded'
      ? ['tests/fixtures.sql was not loaded: it needs something that no verified migration made.']
      : []),
    ...(against ? [...against.lines, ...(against.refusal ? [against.refusal] : [])] : []),
    verdictOn(report),
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}

export function renderMigration(migration: VerifiedMigration, word: WordStep): string[] {
  const { name, verdict, faults, unproved, notRestored, noWayBack, milliseconds, stall } = migration
  const facts = [
    `${milliseconds} ms`,
    ...(noWayBack === undefined ? [] : [`no way back: ${noWayBack}`]),
    ...(notRestored.length > 0 ? [`down does not restore ${notRestored.join(', ')}`] : []),
    ...(stall ? [`at worst a reader waited ${stall.reader} ms, a writer ${stall.writer} ms`] : []),
  ]
  return [
    `${name}: ${verdict} (${facts.join('; ')})`,
    ...faults.flatMap((fault) => renderFault(fault, word)),
    ...unproved.flatMap(({ object, reason, next = [] }) => [
      `  unproved: ${object}: ${reason}`,
      ...renderSteps(next, word).map((line) => `    ${line}`),
    ]),
  ]
}

function renderFault(fault: Fault, word: WordStep): string[] {
  const { step, cause, object, said, happened, advice, next = [] } = fault
  return [
    `  ${step}, ${cause}: ${object}`,
    `    said: ${said}`,
    `    happened: ${happened.trimEnd().replaceAll('\n', '\n      ')}`,
    `    do: ${advice}`,
    ...renderSteps(next, word).map((line) => `    ${line}`),
  ]
}

/** All of it in one sentence. */
export function verdictOn({ migrations, unreached }: VerifyReport): string {
  if (migrations.length === 0) return 'No migration to verify: all are released.'
  const faults = migrations.reduce((sum, one) => sum + one.faults.length, 0)
  const unproved = migrations.filter(({ verdict }) => verdict === 'unproved').length
  if (faults > 0 || unreached.length > 0)
    return `Not as they say: ${count(faults, 'fault')} in ${count(migrations.length, 'migration')}.`
  return unproved > 0
    ? `Unproved: ${unproved} of ${count(migrations.length, 'migration')}.`
    : `Verified: ${count(migrations.length, 'migration')}.`
}
