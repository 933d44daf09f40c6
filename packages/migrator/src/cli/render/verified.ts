import { renderSteps, type WordStep } from '../../errors/next-step.ts'
import { printable } from '../../errors/printable.ts'
import type { Fault, VerifiedMigration, VerifyReport } from '../../verify/report.ts'
import { judge } from '../../verify/verdict.ts'
import { listLines } from './against.ts'

/** A line for a migration that holds, a paragraph for each fault, and a verdict. */
export function renderVerified(report: VerifyReport, word: WordStep): string {
  const { migrations, unreached, fixtures } = report
  const lines = [
    ...migrations.flatMap((one) => renderMigration(one, word)),
    ...unreached.map((name) => `${name}: not reached`),
    ...(fixtures === 'not loaded'
      ? ['tests/fixtures.sql was not loaded: it needs something that no verified migration made.']
      : []),
    ...(report.against ? listLines(report.against, word) : []),
    judge(report).says.join(' '),
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
