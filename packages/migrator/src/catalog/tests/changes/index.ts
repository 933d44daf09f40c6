import type { Change } from './change.ts'
import { columns } from './columns.ts'
import { constraints } from './constraints.ts'
import { functions } from './functions.ts'
import { indexes } from './indexes.ts'
import { others } from './others.ts'
import { tables } from './tables.ts'
import { types } from './types.ts'
import { views } from './views.ts'

export { schemaOf, type Change } from './change.ts'

/** The one table of what the catalog must see. */
export const changes: Change[] = [
  ...columns,
  ...tables,
  ...constraints,
  ...indexes,
  ...types,
  ...views,
  ...functions,
  ...others,
]
