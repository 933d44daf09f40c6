import type { DataLoss, Name } from '../migration.ts'
import { showName } from '../sql/words.ts'

/** What statements take away, as far as their texts tell, in noun phrases: `the table jobs and its rows`. */
export function describeLosses(losses: readonly DataLoss[]): string[] {
  return losses.flatMap(describe)
}

function describe(loss: DataLoss): string[] {
  switch (loss.what) {
    case 'objects':
      return loss.names.flatMap((name) => describeObject(loss.kind, name, loss.cascade))
    case 'others':
      return loss.cascade ? [`what depends on what it drops (${loss.command} … CASCADE)`] : []
    case 'column':
      return [
        `the column ${showName(loss.table)}.${loss.column} and its values${withDependents(loss.cascade)}`,
      ]
    case 'conversion':
      return [
        `values of ${showName(loss.table)}.${loss.column}, as far as its other type cannot hold them`,
      ]
    case 'truncate':
      return loss.tables.map((table) => `the rows of ${showName(table)}`)
    case 'delete':
      return [`rows of ${showName(loss.table)}`]
    case 'update':
      return [`values in rows of ${showName(loss.table)}`]
    case 'written':
      return [`rows of ${showName(loss.table)}, or values in them (${loss.command})`]
    case 'unreadable':
      return [`what its text does not tell (${loss.command})`]
    case 'calls':
      return loss.functions.length === 0
        ? []
        : [`what these functions change: ${loss.functions.map(showName).join(', ')}`]
    default:
      // New rows and queries take nothing away.
      return []
  }
}

type Objects = Extract<DataLoss, { readonly what: 'objects' }>

const WITH_ROWS: Partial<Record<Objects['kind'], string>> = {
  table: 'the table',
  schema: 'all of the schema',
}

function describeObject(kind: Objects['kind'], name: Name, cascade: boolean): string[] {
  const words = WITH_ROWS[kind]
  if (words !== undefined)
    return [`${words} ${showName(name)} and its rows${withDependents(cascade)}`]
  // A view, a type and their like have no rows; what has some of them is taken with CASCADE alone.
  return cascade ? [`what depends on the ${kind} ${showName(name)}`] : []
}

function withDependents(cascade: boolean): string {
  return cascade ? ', and what depends on it' : ''
}
