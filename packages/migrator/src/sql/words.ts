import type { Node, ObjectType } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { readName } from './names.ts'

/*
 * What the parser has names of its own for, in the words of SQL. Held against the keywords of PostgreSQL by
 * `lint/words.db.test.ts`.
 */

/** `DropOwnedStmt`: DROP OWNED. */
export function showCommand(kind: string): string {
  const name = kind.replace(/Stmt$/, '')
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').split(' ')
  return (COMMANDS[name] ?? words.map((word) => WORDS[word] ?? word).join(' ')).toUpperCase()
}

const WORDS: Readonly<Record<string, string>> = {
  Am: 'access method',
  Fdw: 'foreign data wrapper',
  Mat: 'materialized',
  Op: 'operator',
  Seq: 'sequence',
  Stats: 'statistics',
  Trig: 'trigger',
}

const COMMANDS: Readonly<Record<string, string>> = {
  AlterDatabaseRefreshColl: 'alter database',
  AlterDatabaseSet: 'alter database',
  AlterEnum: 'alter type',
  AlterExtensionContents: 'alter extension',
  AlterForeignServer: 'alter server',
  AlterObjectDepends: 'alter … depends on extension',
  AlterObjectSchema: 'alter … set schema',
  AlterOwner: 'alter … owner to',
  AlterRoleSet: 'alter role',
  AlterTSConfiguration: 'alter text search configuration',
  AlterTSDictionary: 'alter text search dictionary',
  AlterTableMoveAll: 'alter table all in tablespace',
  AlterTableSpaceOptions: 'alter tablespace',
  CheckPoint: 'checkpoint',
  ClosePortal: 'close',
  CompositeType: 'create type',
  ConstraintsSet: 'set constraints',
  Create: 'create table',
  CreateEnum: 'create type',
  CreateForeignServer: 'create server',
  CreatePLang: 'create language',
  CreateRange: 'create type',
  CreateTableSpace: 'create tablespace',
  Createdb: 'create database',
  DeclareCursor: 'declare',
  Define: 'create',
  DropTableSpace: 'drop tablespace',
  Dropdb: 'drop database',
  GrantRole: 'grant',
  Index: 'create index',
  Rename: 'alter … rename to',
  ReplicaIdentity: 'alter table … replica identity',
  Rule: 'create rule',
  SecLabel: 'security label',
  VariableSet: 'set',
  VariableShow: 'show',
  View: 'create view',
}

/** `OBJECT_MATVIEW`: materialized view. */
export function showKind(type: ObjectType | undefined): string {
  const kind = (type ?? '').replace('OBJECT_', '')
  return KINDS[kind] ?? kind.replaceAll('_', ' ').toLowerCase()
}

const KINDS: Readonly<Record<string, string>> = {
  AMOP: 'operator',
  AMPROC: 'function',
  DEFACL: 'default privileges',
  DOMCONSTRAINT: 'constraint',
  FDW: 'foreign data wrapper',
  FOREIGN_SERVER: 'server',
  LARGEOBJECT: 'large object',
  MATVIEW: 'materialized view',
  OPCLASS: 'operator class',
  OPFAMILY: 'operator family',
  PARAMETER_ACL: 'parameter',
  PUBLICATION_NAMESPACE: 'publication',
  PUBLICATION_REL: 'publication',
  STATISTIC_EXT: 'statistics',
  TABCONSTRAINT: 'constraint',
  TSCONFIGURATION: 'text search configuration',
  TSDICTIONARY: 'text search dictionary',
  TSPARSER: 'text search parser',
  TSTEMPLATE: 'text search template',
}

/** An object that DROP, RENAME or SET SCHEMA names, with its kind: `cast from int4 to text`. */
export function showObject(type: ObjectType | undefined, object: Node): string {
  const items = 'List' in object ? (object.List.items ?? []) : []
  const [first, ...rest] = items
  const kind = showKind(type)
  const [own, other] = [readName(first).name, showName(readName({ List: { items: rest } }))]
  if (type === 'OBJECT_CAST') return `${kind} from ${own} to ${other.replace('pg_catalog.', '')}`
  if (type === 'OBJECT_TRANSFORM') return `${kind} for ${own} of language ${other}`
  // The first is the access method.
  if (type === 'OBJECT_OPCLASS' || type === 'OBJECT_OPFAMILY') return `${kind} ${other} of ${own}`
  return `${kind} ${showName(readName(object))}`
}

/** `public.jobs`, `jobs`. */
export function showName({ schema, name }: Name): string {
  return schema === undefined ? name : `${schema}.${name}`
}
