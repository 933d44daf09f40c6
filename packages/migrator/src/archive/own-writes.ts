import type pg from 'pg'
import type { Body, Statement, TableLock } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'

/*
 * What a migration writes by itself meets what the archive has of the same rows. What it writes from its own text is as
 * old as that text, so the archive is newer. What it writes from other rows may be newer than anything in the archive.
 */

/** As much of a statement as tells what it may write, and from what. */
export type Writing = Pick<Statement, 'dataLosses' | 'locks' | 'hasUnknownLocks' | 'effects'> &
  Partial<Pick<Statement, 'renames' | 'sql' | 'checksum' | 'boundary'>>

/** Code writes what it likes. */
const CODE: Writing = { dataLosses: [], locks: [], hasUnknownLocks: true, effects: [] }

/** True of what may commit several times: only the rows of its last transaction are told from those of users. */
export function mayCommitWithin({ hasUnknownLocks, boundary }: Writing): boolean {
  return hasUnknownLocks && boundary === 'outside'
}

export function writingsOf(body: Body): readonly Writing[] {
  if (body.kind === 'sql') return body.statements
  return body.kind === 'code' ? [CODE] : []
}

/** Both ways of a migration. */
export interface Ways {
  /** What is run now. */
  readonly own: readonly Writing[]
  readonly other: readonly Writing[]
  /** Names of functions that need not be PostgreSQL's own (the migration may make or drop them): they may read anything. */
  readonly functions: ReadonlySet<string>
  /** The names that the migration stands for: what it has written is told under its own. */
  readonly names: readonly string[]
}

/** A person restores by hand, or what an earlier run has left. */
export const NO_WAYS: Ways = { own: [], other: [], functions: new Set(), names: [] }

/** PostgreSQL's own functions that read what a text names. */
const READERS =
  '(to_xml|to_xml_and_xmlschema|to_xmlschema|ts_stat|ts_rewrite|pg_read_.*file|lo_get|loread)$'

export async function readFunctions(
  client: pg.ClientBase,
  writings: readonly Writing[],
): Promise<ReadonlySet<string>> {
  const called = writings.flatMap(({ dataLosses }) =>
    dataLosses.flatMap((loss) => (loss.what === 'calls' ? loss.functions : [])),
  )
  if (called.length === 0) return new Set()
  const { rows } = await client.query<{ name: string }>(
    `select distinct name from unnest($1::text[]) as name
      where exists (select from pg_proc where proname = name and pronamespace <> 'pg_catalog'::regnamespace)
         or not exists (select from pg_proc where proname = name) or name ~ '${READERS}'`,
    [called.map(({ name }) => name)],
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * Where the rows come from that a migration adds: it adds none; from its own text; from other rows; the text does not tell;
 * or it has reached rows of others, too.
 */
export type Origin = 'none' | 'text' | 'rows' | 'unknown' | 'reached'

type Given = Pick<Ways, 'functions'> & { readonly writings: readonly Writing[] }

/** Of the rows that it adds to a table. `isNew`: it has made the table, so that all rows there are its own. */
export function originOfRows(
  { writings, functions }: Given,
  tables: readonly string[],
  { isNew }: { readonly isNew: boolean },
): Origin {
  const told = writings.filter(({ hasUnknownLocks }) => !hasUnknownLocks)
  const origin = toldOrigin({ writings: told, functions }, namesOf(writings, tables), isNew)
  return origin !== 'rows' && told.length < writings.length ? 'unknown' : origin
}

function toldOrigin(
  { writings, functions }: Given,
  names: ReadonlySet<string>,
  isNew: boolean,
): Origin {
  const touching = writings.filter((one) => addsRows(one, names) || changesRows(one, names))
  if (!touching.some((one) => addsRows(one, names))) return 'none'
  // What is changed in a table that was there may be anybody's row.
  const isMixed = !isNew && touching.some((one) => changesRows(one, names))
  return isMixed || touching.some((one) => readsOthers(one, names, functions)) ? 'rows' : 'text'
}

/** What sets values in rows of a table from other rows, and the tables that it reads; undefined: they may be any. */
export interface DerivedSet {
  readonly writing: Writing
  readonly sources: readonly TableLock[] | undefined
}

export function findDerivedSets(
  { writings, functions }: Given,
  tables: readonly string[],
): DerivedSet[] {
  const names = namesOf(writings, tables)
  return findSets({ writings, functions }, tables)
    .filter((one) => readsOthers(one, names, functions))
    .map((writing) => ({ writing, sources: sourcesOf(writing, names, { writings, functions }) }))
}

/** What sets values in rows of a table that are there; a rewrite only by a function. */
export function findSets({ writings, functions }: Given, tables: readonly string[]): Writing[] {
  const names = namesOf(writings, tables)
  return writings.filter(
    (one) => changesRows(one, names) && (!isRewrite(one, names) || calls(one, functions)),
  )
}

/**
 * What may have written rows of a table although its text does not say so: it writes what is no table (`known` are those
 * that there are), through which it may write any, or what may be a partition, or fills the table again from others.
 */
export function findUntold(
  { writings, functions }: Given,
  tables: readonly string[],
  { known, isPartitioned }: { readonly known: readonly string[]; readonly isPartitioned: boolean },
): Writing[] {
  const names = namesOf(writings, tables)
  const made = new Set(writings.flatMap(madeBy))
  const isTable = (table: string) =>
    made.has(table) || known.some((one) => one.endsWith(`.${quoteName(table)}`))
  const isOther = (table: string) => !names.has(table) && (isPartitioned || !isTable(table))
  const isMade = [...names].some((name) => made.has(name))
  return writings.filter(
    (one) =>
      one.locks.some(({ mode, table }) => mode === 'ROW EXCLUSIVE' && isOther(table)) ||
      (isMade && addsRows(one, names) && readsOthers(one, names, functions)),
  )
}

/** By their names before the migration; what it writes, makes or renames itself may be from anywhere. */
function sourcesOf(
  one: Writing,
  names: ReadonlySet<string>,
  { writings, functions }: Given,
): readonly TableLock[] | undefined {
  const isElsewhere = one.hasUnknownLocks || calls(one, functions)
  const sources = one.locks.filter(
    ({ mode, table }) => mode === 'ACCESS SHARE' || !names.has(table),
  )
  const isOwn = ({ table }: TableLock) =>
    writings.some(
      (other) =>
        namesOf([other], [table]).size > 1 ||
        madeBy(other).includes(table) ||
        isWritten(other, new Set([table])),
    )
  return isElsewhere || sources.some((source) => !names.has(source.table) && isOwn(source))
    ? undefined
    : sources
}

/** PostgreSQL's own tables are written by whoever makes or drops something. */
export function readsCatalogs(writings: readonly Writing[]): boolean {
  return writings.some(({ locks }) =>
    locks.some(({ schema, table }) => schema === 'pg_catalog' || table.startsWith('pg_')),
  )
}

/** What may add rows to one of these tables. */
export function findAdding(writings: readonly Writing[], tables: readonly string[]): Writing[] {
  const names = namesOf(writings, tables)
  return writings.filter((one) => addsRows(one, names))
}

/** Its text says that it deletes rows of one of these tables. */
export function tellsDelete(writings: readonly Writing[], tables: readonly string[]): boolean {
  const names = namesOf(writings, tables)
  return writings.some((one) => listTold(one, names).includes('delete'))
}

/** Its text writes tables besides these. */
export function fillsOthers(writings: readonly Writing[], tables: readonly string[]): boolean {
  const names = namesOf(writings, tables)
  const isOther = ({ table, mode }: TableLock) => mode === 'ROW EXCLUSIVE' && !names.has(table)
  return writings.some((one) => one.locks.some(isOther) || madeTables(one).length > 0)
}

/** The names that a table has in the course of a migration. */
function namesOf(writings: readonly Writing[], tables: readonly string[]): ReadonlySet<string> {
  const names = new Set(tables)
  const renamings = writings.flatMap(({ renames }) =>
    renames && 'from' in renames && !renames.column ? [renames] : [],
  )
  for (const { from, to } of renamings.toReversed()) if (names.has(to.name)) names.add(from.name)
  for (const { from, to } of renamings) if (names.has(from.name)) names.add(to.name)
  return names
}

function addsRows(one: Writing, names: ReadonlySet<string>): boolean {
  if (one.hasUnknownLocks || madeTables(one).some((name) => names.has(name))) return true
  if (!isWritten(one, names)) return false
  const told = listTold(one, names)
  // COPY says nothing of the kind.
  return told.length === 0 || told.includes('insert') || told.includes('written')
}

function changesRows(one: Writing, names: ReadonlySet<string>): boolean {
  const told = listTold(one, names)
  return (
    one.hasUnknownLocks ||
    told.includes('update') ||
    told.includes('written') ||
    isRewrite(one, names)
  )
}

/** What its text says that it does to the rows of one of these tables. */
function listTold({ dataLosses }: Writing, names: ReadonlySet<string>): string[] {
  return dataLosses.flatMap((loss) =>
    'table' in loss && names.has(loss.table.name) ? [loss.what] : [],
  )
}

function isRewrite({ locks }: Writing, names: ReadonlySet<string>): boolean {
  return locks.some(({ table, work }) => work === 'rewrite' && names.has(table))
}

function isWritten({ locks }: Writing, names: ReadonlySet<string>): boolean {
  return locks.some(({ table, mode }) => mode === 'ROW EXCLUSIVE' && names.has(table))
}

/** CREATE TABLE AS. */
function madeTables({ effects, dataLosses }: Writing): string[] {
  return dataLosses.some(({ what }) => what === 'reads') ? madeBy({ effects }) : []
}

function madeBy({ effects }: Pick<Writing, 'effects'>): string[] {
  return effects.flatMap(({ change, key }) =>
    change === 'makes' && key.startsWith('table ') ? [key.slice(6).split('.').at(-1) ?? ''] : [],
  )
}

function readsOthers(
  one: Writing,
  names: ReadonlySet<string>,
  functions: ReadonlySet<string>,
): boolean {
  return (
    one.hasUnknownLocks ||
    // Under a name of its own it may read the table that it replaces.
    one.locks.some(({ table, mode }) => mode === 'ACCESS SHARE' || !names.has(table)) ||
    movesRows(one) ||
    calls(one, functions)
  )
}

/** It writes two tables, or adds rows and takes some away: what RETURNING gives of the one may be what it adds. */
function movesRows({ locks, dataLosses }: Writing): boolean {
  const what = new Set(dataLosses.map((loss) => loss.what))
  return (
    new Set(locks.map(({ table }) => table)).size > 1 ||
    (what.has('insert') && (what.has('delete') || what.has('update') || what.has('written')))
  )
}

function calls({ dataLosses }: Writing, functions: ReadonlySet<string>): boolean {
  return dataLosses.some(
    (loss) => loss.what === 'calls' && loss.functions.some(({ name }) => functions.has(name)),
  )
}
