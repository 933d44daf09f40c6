import { builtInGrants } from './built-in-grants.ts'
import { columns } from './columns.ts'
import { constraints } from './constraints.ts'
import { extensions } from './extensions.ts'
import { functions } from './functions.ts'
import { indexes } from './indexes.ts'
import { others } from './other.ts'
import { policies } from './policies.ts'
import { database, defaultGrants, settings } from './privileges.ts'
import { publications } from './publications.ts'
import type { Query } from './query.ts'
import { schemas } from './schemas.ts'
import { sequences } from './sequences.ts'
import { tables } from './tables.ts'
import { rules, triggers } from './triggers.ts'
import { compositeTypes, domains, enums, ranges } from './types.ts'
import { materializedViews, views } from './views.ts'

/** The only list of them. */
export const queries: Query[] = [
  schemas,
  extensions,
  enums,
  domains,
  compositeTypes,
  ranges,
  sequences,
  tables,
  columns,
  constraints,
  indexes,
  views,
  materializedViews,
  functions,
  triggers,
  policies,
  rules,
  publications,
  defaultGrants,
  settings,
  database,
  others,
  builtInGrants,
]
