import { isObject } from '../compiled/json-file.ts'
import type { ContractPolicy, Manifest } from './manifest.ts'

/**
 * What is wrong with the form of a manifest, as words that follow "it"; undefined where nothing is. It is a file that
 * merges and editors change, so nothing of it is taken on trust.
 */
export function malformation(value: unknown): string | undefined {
  if (!isObject(value)) return `holds ${describeKind(value)} where an object belongs`
  const { manifestVersion, folder, seeders, ledger, lint = {}, contract, migrations } = value
  if (manifestVersion !== 1 && manifestVersion !== 2)
    return 'has a form that this version does not know (manifestVersion)'
  if (typeof folder !== 'string') return 'does not say where the migrations are (folder)'
  if (!isOptionalText(seeders)) return 'does not name the folder of the seeders (seeders)'
  if (!isObject(ledger) || typeof ledger.table !== 'string' || !isOptionalText(ledger.schema)) {
    return 'does not name the table of the ledger (ledger)'
  }
  if (!isObject(lint)) return 'does not have the settings of lint (lint)'
  if (contract !== undefined && !isContractPolicy(contract))
    return 'does not say when contract steps run (contract)'
  if (!Array.isArray(migrations)) return 'has no list of migrations (migrations)'
  const { squashed = [] } = value
  if (!Array.isArray(squashed)) return 'has no list of what was squashed (squashed)'
  for (const [list, entries] of Object.entries({ migrations, squashed })) {
    const broken = entries.findIndex(
      (entry: unknown) =>
        !isEntry(entry) || (manifestVersion === 2 && typeof entry['compiled'] !== 'string'),
    )
    if (broken !== -1) return `has an entry that is none: the ${broken + 1}. of ${list}`
  }
  return undefined
}

export function isContractPolicy(value: unknown): value is ContractPolicy {
  return value === 'when-clear' || value === 'manual'
}

const TEXTS = [
  'name',
  'file',
  'checksum',
  'bytes',
  'chain',
] satisfies (keyof Manifest['migrations'][number])[]

function isEntry(entry: unknown): entry is Readonly<Record<string, unknown>> {
  if (!isObject(entry)) return false
  const { phase, replaces = [] } = entry
  return (
    TEXTS.every((key) => typeof entry[key] === 'string') &&
    (phase === 'expand' || phase === 'contract') &&
    isOptionalText(entry.analysis) &&
    (entry.contracts === undefined || typeof entry.contracts === 'boolean') &&
    Array.isArray(replaces) &&
    replaces.every(
      (one) => isObject(one) && typeof one.name === 'string' && typeof one.checksum === 'string',
    )
  )
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function describeKind(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
