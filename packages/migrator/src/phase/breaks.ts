import type {
  AlterDomainStmt,
  AlterEnumStmt,
  AlterSeqStmt,
  CreateFunctionStmt,
  CreateTrigStmt,
  DropStmt,
  GrantStmt,
  IndexStmt,
  Node,
  RenameStmt,
} from '@pgsql/types'
import type { Name } from '../migration.ts'
import { checksum } from '../sql/checksum.ts'
import { readName } from '../sql/names.ts'
import { showCommand, showObject, showKind } from '../sql/words.ts'
import { breaksByAltering } from './altered-table.ts'
import { isUniqueKept } from './constraints.ts'
import {
  columnKey,
  constraintKey,
  indexKey,
  toKey,
  learnIndex,
  listDistinct,
  learnTable,
  toName,
  triggerKey,
  shown,
  type Release,
} from './release.ts'

/**
 * What a statement takes away from the application's previous release, in words that follow "it"; empty where that
 * release keeps working. What the same migration made does not count. A kind of statement that is on no list may break
 * it. A statement that nobody can read (DO, CALL, functions in a query) says nothing, since every data migration would
 * count otherwise: for those the stated phase counts.
 */
export function findBreaks(release: Release, node: Node): string[] {
  if ('AlterTableStmt' in node) return breaksByAltering(release, node.AlterTableStmt)
  if ('DropStmt' in node) return dropped(release, node.DropStmt)
  if ('RenameStmt' in node) return renamed(release, node.RenameStmt)
  if ('IndexStmt' in node) return indexed(release, node.IndexStmt)
  if ('CreateTrigStmt' in node) return triggered(release, node.CreateTrigStmt)
  if ('AlterEnumStmt' in node) return enumAltered(node.AlterEnumStmt)
  if ('AlterDomainStmt' in node) return domainAltered(node.AlterDomainStmt)
  if ('AlterSeqStmt' in node) return sequenceAltered(release, node.AlterSeqStmt)
  if ('GrantStmt' in node) return granted(release, node.GrantStmt)
  if ('GrantRoleStmt' in node) return node.GrantRoleStmt.is_grant ? [] : ['takes a role away']
  if ('AlterObjectSchemaStmt' in node) {
    const { relation, object, newschema, objectType } = node.AlterObjectSchemaStmt
    const moved = object ? showObject(objectType, object) : shown(toName(relation))
    return release.made.has(relation ? toKey(toName(relation)) : madeKey(object))
      ? []
      : [`moves ${moved} to schema ${newschema}`]
  }
  if ('CreatePolicyStmt' in node) {
    const { table, permissive, policy_name } = node.CreatePolicyStmt
    const isNew = release.made.has(toKey(toName(table)))
    return permissive || isNew ? [] : [`restricts rows by policy ${policy_name}`]
  }
  if ('RuleStmt' in node) {
    const table = toName(node.RuleStmt.relation)
    return release.made.has(toKey(table)) ? [] : [`rewrites what is asked of ${shown(table)}`]
  }
  learnMade(release, node)
  const [kind = ''] = Object.keys(node)
  return HARMLESS.has(kind.replace(/Stmt$/, ''))
    ? []
    : [`runs ${showCommand(kind)}, whose effect on its queries is not known`]
}

/** Unique keys of the previous release that are gone: its ON CONFLICT clauses fail without them. */
export function lostKeys({ before, now, made }: Release): string[] {
  return [...before].flatMap(([key, rule]) => {
    if (rule.kind !== 'key' || now.has(key) || made.has(rule.table)) return []
    const columns = rule.columns?.toSorted().join()
    const isReplaced = [...now.values()].some(
      (other) =>
        other.kind === 'key' &&
        other.table === rule.table &&
        columns !== undefined &&
        other.columns?.toSorted().join() === columns,
    )
    return isReplaced ? [] : [`drops the unique key ${rule.name}, which ON CONFLICT may name`]
  })
}

/** Statements that take nothing away: they make, they maintain, they change rows, or nobody can read them. */
const HARMLESS = new Set(
  `Select Insert Update Delete Merge Truncate Copy Do
   Call Prepare Execute Deallocate VariableSet VariableShow Transaction ConstraintsSet
   Lock Comment SecLabel Vacuum Cluster Reindex CheckPoint RefreshMatView
   Notify Listen Unlisten Load Explain Create CreateTableAs View
   CreateSeq CreateSchema CreateExtension CreateEnum CreateDomain CompositeType CreateRange CreateFunction
   Define CreateCast CreateStats AlterStats CreatePublication CreateSubscription CreateFdw CreateForeignServer
   CreateUserMapping CreateForeignTable ImportForeignSchema CreateAm CreateOpClass CreateOpFamily CreateConversion CreatePLang
   CreateTransform CreateRole CreateTableSpace Createdb AlterDefaultPrivileges`.split(/\s+/),
)

/** Remembers what a statement makes. What may have been there before (IF NOT EXISTS, OR REPLACE) is not new. */
function learnMade(release: Release, node: Node): void {
  if ('CreateFunctionStmt' in node) learnFunction(release, node.CreateFunctionStmt)
  if ('CreateStmt' in node) learnTable(release, node.CreateStmt)
  if ('CreateSchemaStmt' in node && !node.CreateSchemaStmt.if_not_exists) {
    release.made.add(schemaKey(node.CreateSchemaStmt.schemaname))
  }
  const made = madeBy(node)
  if (made) release.made.add(toKey(made))
}

/** How an object that is named apart from tables and types is remembered: a function with what it takes. */
function madeKey(object: Node | undefined): string {
  if (object && 'RangeVar' in object) return toKey(toName(object.RangeVar))
  if (object && 'ObjectWithArgs' in object) {
    return functionKey(readName(object), object.ObjectWithArgs.objargs ?? [])
  }
  // The names of tables and types are lists; that of a schema is one word.
  return object && 'String' in object ? schemaKey(object.String.sval) : toKey(readName(object))
}

function functionKey(name: Name, types: readonly (Node | undefined)[]): string {
  return `function ${toKey(name)} ${checksum(types)}`
}

function schemaKey(name: string | undefined): string {
  return `schema ${name}`
}

function madeBy(node: Node): Name | undefined {
  if ('CreateStmt' in node && !node.CreateStmt.if_not_exists) {
    return toName(node.CreateStmt.relation)
  }
  if ('CreateTableAsStmt' in node && !node.CreateTableAsStmt.if_not_exists) {
    return toName(node.CreateTableAsStmt.into?.rel)
  }
  if ('ViewStmt' in node && !node.ViewStmt.replace) return toName(node.ViewStmt.view)
  if ('CreateSeqStmt' in node && !node.CreateSeqStmt.if_not_exists) {
    return toName(node.CreateSeqStmt.sequence)
  }
  if ('CreateEnumStmt' in node) return listed(node.CreateEnumStmt.typeName)
  if ('CreateDomainStmt' in node) return listed(node.CreateDomainStmt.domainname)
  if ('CreateRangeStmt' in node) return listed(node.CreateRangeStmt.typeName)
  if ('CompositeTypeStmt' in node) return toName(node.CompositeTypeStmt.typevar)
  return undefined
}

const WITHOUT_LOSS = new Set([
  'OBJECT_STATISTIC_EXT',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_PUBLICATION',
  'OBJECT_SUBSCRIPTION',
])

/** Objects whose last name is one within a table. */
const OF_TABLES = new Set(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'])

function dropped(release: Release, { removeType: type, objects = [] }: DropStmt): string[] {
  const removeType: string = type ?? ''
  if (WITHOUT_LOSS.has(removeType)) return []
  return objects.flatMap((object) => {
    const target = readName(object)
    if (removeType === 'OBJECT_INDEX') return droppedIndex(release, target)
    const owner = OF_TABLES.has(removeType) ? findOwner(object) : target
    if (removeType === 'OBJECT_TRIGGER' && release.made.has(triggerKey(owner, target.name)))
      return []
    if (release.made.has(owner === target ? madeKey(object) : toKey(owner))) return []
    return owner === target
      ? [`drops ${showObject(type, object)}`]
      : [`drops ${showKind(type)} ${target.name} of ${shown(owner)}`]
  })
}

/** A unique index counts at the end of the migration, if nothing has replaced it by then. */
function droppedIndex(release: Release, index: Name): string[] {
  if (release.now.delete(indexKey(index))) return []
  return [
    `drops index ${shown(index)}, which no migration here has made: it may be a key that ON CONFLICT names`,
  ]
}

/** The table of a trigger, policy or rule: what stands before the last name. */
function findOwner(object: Node): Name {
  const items = 'List' in object ? (object.List.items ?? []).slice(0, -1) : []
  return listed(items)
}

/** Queries do not name these objects. */
const RENAMED_FREELY = new Set([
  'OBJECT_INDEX',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_PUBLICATION',
  'OBJECT_SUBSCRIPTION',
  'OBJECT_TABLESPACE',
])

function renamed(release: Release, statement: RenameStmt): string[] {
  const { relation, object, subname, newname = '' } = statement
  const renameType: string = statement.renameType ?? ''
  // A schema, a role, a database and a tablespace have one word, which is no node.
  if (!relation && !object) {
    if (release.made.has(schemaKey(subname))) return []
    return [`renames ${showKind(statement.renameType)} ${subname} to ${newname}`]
  }
  const target = relation ? toName(relation) : readName(object)
  const isNew = release.made.has(relation ? toKey(target) : madeKey(object))
  if (isNew && relation && subname === undefined)
    release.made.add(toKey({ ...target, name: newname }))
  if (RENAMED_FREELY.has(renameType)) {
    carryOver(release, indexKey(target), indexKey({ ...target, name: newname }))
    return []
  }
  const what = object ? showObject(statement.renameType, object) : shown(target)
  if (subname === undefined) return isNew ? [] : [`renames ${what} to ${newname}`]
  const added = release.added.get(columnKey(target, subname))
  if (added) release.added.set(columnKey(target, newname), added)
  carryOver(release, constraintKey(target, subname), constraintKey(target, newname))
  return isNew || added ? [] : [`renames ${shown(target)}.${subname} to ${newname}`]
}

function carryOver({ now }: Release, from: string, to: string): void {
  const rule = now.get(from)
  if (!rule) return
  now.delete(from)
  now.set(to, rule)
}

function indexed(release: Release, index: IndexStmt): string[] {
  const { unique, relation, nulls_not_distinct: isOneNull = false } = index
  const table = toName(relation)
  const columns = listDistinct(index)
  const isFree =
    !unique || release.made.has(toKey(table)) || isUniqueKept(release, table, columns, isOneNull)
  learnIndex(release, index)
  if (isFree) return []
  return [
    `adds a unique key to ${shown(table)} (${index.idxname ?? 'an index without a name'}), which may refuse what it writes`,
  ]
}

/** A function that raises an error or returns no row refuses a write; one that nobody has read may. */
function triggered(release: Release, trigger: CreateTrigStmt): string[] {
  const table = toName(trigger.relation)
  release.made.add(triggerKey(table, trigger.trigname ?? ''))
  if (release.made.has(toKey(table))) return []
  const body = release.functions.get(toKey(listed(trigger.funcname)))
  const name = `trigger ${trigger.trigname} on ${shown(table)}`
  if (body === undefined) return [`adds ${name}, whose function no migration here has made`]
  return REFUSES.test(body) ? [`adds ${name}, which may refuse what it writes`] : []
}

const REFUSES =
  /\braise\b(?!\s+(?:notice|info|log|debug|warning)\b)|\bassert\b|\bexecute\b|\breturn\s+null\b/i

/** What a function returns is no part of what it is called with. */
const GIVEN_BACK = new Set<string | undefined>(['FUNC_PARAM_OUT', 'FUNC_PARAM_TABLE'])

function learnFunction(release: Release, statement: CreateFunctionStmt): void {
  const { funcname, options = [], parameters = [], replace } = statement
  const types = parameters.flatMap((one) =>
    'FunctionParameter' in one && !GIVEN_BACK.has(one.FunctionParameter.mode)
      ? [one.FunctionParameter.argType && { TypeName: one.FunctionParameter.argType }]
      : [],
  )
  if (!replace) release.made.add(functionKey(listed(funcname), types))
  const body = options.flatMap((one) =>
    'DefElem' in one && one.DefElem.defname === 'as' ? [readName(one.DefElem.arg).name] : [],
  )
  release.functions.set(toKey(listed(funcname)), body.join('\n'))
}

function enumAltered({ oldVal, newVal, typeName }: AlterEnumStmt): string[] {
  return oldVal ? [`renames value ${oldVal} of ${shown(listed(typeName))} to ${newVal}`] : []
}

/** By the parser's letters: T a default, N a NULL, O a NOT NULL, C a constraint; X drops one, V validates. */
function domainAltered({ subtype = '', typeName, def }: AlterDomainStmt): string[] {
  const domain = shown(listed(typeName))
  if (subtype === 'O') return [`makes domain ${domain} NOT NULL`]
  if (subtype === 'C') return [`adds a constraint to domain ${domain}`]
  if (subtype === 'N') return [`lets domain ${domain} be NULL, which its reads may not expect`]
  if (subtype === 'T' && !def) return [`drops the default of domain ${domain}`]
  return []
}

const LIMITS = new Set(['as', 'minvalue', 'maxvalue', 'restart', 'cycle', 'start'])

function sequenceAltered(release: Release, { sequence, options = [] }: AlterSeqStmt): string[] {
  const name = toName(sequence)
  const isNarrower = options.some(
    (one) => 'DefElem' in one && LIMITS.has(one.DefElem.defname ?? ''),
  )
  if (!isNarrower || release.made.has(toKey(name))) return []
  return [`changes which numbers sequence ${shown(name)} gives`]
}

function granted(release: Release, { is_grant: gives, objects = [] }: GrantStmt): string[] {
  if (gives) return []
  const taken = objects.filter((one) => !release.made.has(madeKey(one)))
  if (objects.length > 0 && taken.length === 0) return []
  const names = taken.map((one) => shown('RangeVar' in one ? toName(one.RangeVar) : readName(one)))
  return [`revokes rights${names.length > 0 ? ` on ${names.join(', ')}` : ''}`]
}

function listed(names: Node[] | undefined): Name {
  return readName({ List: { items: names ?? [] } })
}
