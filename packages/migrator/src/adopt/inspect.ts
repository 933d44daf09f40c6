import type pg from 'pg'
import {
  fingerprint,
  fingerprintObject,
  lastName,
  type Catalog,
  type CatalogObject,
} from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { refuseOtherLedger } from '../plan/integrity.ts'
import { refusePreferred } from '../journal/search-path.ts'
import { readState } from '../journal/state.ts'
import { partsInLedger } from '../project/chain-of.ts'
import { asAuthor } from '../session/author.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import type { AdoptionContext, AdoptionPlan, Inspection } from './adoption-plan.ts'
import { hasBaseline } from './baseline.ts'
import { readDecisions, type Decisions } from './decisions.ts'
import type { KnownSchemas } from './known-schemas.ts'
import {
  compareSchemas,
  keysOfPromotion,
  matchSchema,
  objectKey,
  withoutObjects,
  type SchemaMatch,
} from './match-schema.ts'
import { readOtherLedgers, withoutOtherLedgers } from './other-ledgers.ts'
import { findPendingConstraints, type AdoptedTable } from './pending-constraints.ts'
import { readFailedChecks, readProblems, type Problem } from './problems.ts'
import type { Reconciliation } from './reconciliation.ts'
import { resolveDecisions } from './repair-options.ts'
import { repairStatements } from './repair-statements.ts'
import type { RepairContext } from './repaired-rows.ts'
import { refuseStrangers } from './strangers.ts'
import {
  promoteStatements,
  renameStatements,
  splitAtRepairs,
  upgradeStatements,
} from './upgrade.ts'

/**
 * Inspects a database in one read-only transaction: which schema it has, which rows violate pending constraints, which
 * statements would repair them. Writes nothing. Throws RECONCILIATION_STALE, ADOPTION_UNTRUSTED, PATH_UNTRUSTED, LEDGER_ELSEWHERE.
 */
export async function inspect(
  client: pg.ClientBase,
  context: AdoptionContext,
): Promise<Inspection> {
  const begin = 'begin isolation level repeatable read read only'
  return inRolledBackTransaction(client, () => inspectInTransaction(client, context), begin)
}

async function inspectInTransaction(
  client: pg.ClientBase,
  context: AdoptionContext,
): Promise<Inspection> {
  const { opened, knownSchemas } = context
  const state = partsInLedger(opened, await readState(client, opened.manifest.ledger))
  refuseOtherLedger(opened.manifest.migrations, state)
  const resumes = hasBaseline(state)
  const catalog = await readApplicationCatalog(client, opened.manifest.ledger)
  const print = fingerprint(catalog)
  const { catalog: live, ledgers } = withoutOtherLedgers(catalog)
  const names = opened.manifest.migrations.map(({ name }) => name)
  const { unmanaged, reconciliation } = chooseKept(names, live, state, context)
  const managed = withoutObjects(live, new Set(unmanaged))
  const match = reconciliation
    ? matchReconciled(managed, print, reconciliation, knownSchemas)
    : matchSchema(managed, knownSchemas.schemas)
  if (match.kind === 'known') {
    await refusePreferred(client)
    await refuseStrangers(client, managed.objects)
  }
  const decisions = currentDecisions(state, context.decisions)
  const { repairContext, ...work } =
    match.kind === 'known'
      ? await planRepairs(client, match, live, { ...context, decisions, reconciliation })
      : NO_REPAIRS
  const record = compareWithRecord(names, match, state)
  const plan: AdoptionPlan = {
    match,
    fingerprint: print,
    otherLedgers: await readOtherLedgers(client, ledgers),
    unmanaged,
    ...record,
    ...work,
    resumes,
    isDone: record.isRecorded && !state.adopting && work.problems.length === 0,
  }
  return { plan, state, live, repairContext, knownSchemas }
}

/** What is kept beside the schema: by a reviewed file, which is for the time before the first transaction, or as recorded. */
function chooseKept(
  names: readonly string[],
  live: Catalog,
  state: DatabaseState,
  context: AdoptionContext,
): { readonly unmanaged: readonly string[]; readonly reconciliation: Reconciliation | undefined } {
  if (hasBaseline(state))
    return { unmanaged: state.adopting?.unmanaged ?? [], reconciliation: undefined }
  const kept = unmanagedKeys(live, state)
  const isAdopted = isRecorded(names, live, kept, state, context.knownSchemas)
  const reconciliation = isAdopted ? undefined : context.reconciliation
  return { unmanaged: reconciliation?.unmanaged ?? kept, reconciliation }
}

/** What stands beside the migrations' objects, as the last run has recorded it, with its parts. */
function unmanagedKeys({ objects }: Catalog, { unmanaged }: DatabaseState): string[] {
  const names = new Set(unmanaged)
  const isKept = (one: CatalogObject) =>
    names.has(one.identity) || ('of' in one && names.has(one.of))
  return objects.filter(isKept).map(objectKey)
}

/** True once an adoption has ended: the command that did it may be repeated. */
function isRecorded(
  names: readonly string[],
  live: Catalog,
  kept: readonly string[],
  state: DatabaseState,
  { schemas }: KnownSchemas,
): boolean {
  if (state.ledger.length === 0) return false
  const match = matchSchema(withoutObjects(live, new Set(kept)), schemas)
  return compareWithRecord(names, match, state).isRecorded
}

/** The match of a database that a reviewed file brings to a known schema. Throws RECONCILIATION_STALE. */
function matchReconciled(
  managed: Catalog,
  print: string,
  { path, knownSchema, fingerprint: written }: Reconciliation,
  { schemas }: KnownSchemas,
): SchemaMatch {
  const schema = schemas.find(({ name }) => name === knownSchema)
  if (!schema || written !== print) throw failure('RECONCILIATION_STALE', { path })
  const { renames, promotions, ignored } = compareSchemas(managed, schema.catalog)
  return { kind: 'known', schema, alsoMatches: [], renames, promotions, ignored }
}

/** The decisions of an interrupted adoption hold until others are given. */
function currentDecisions({ adopting }: DatabaseState, given: Decisions): Decisions {
  if (!adopting || given.size > 0) return given
  return readDecisions(adopting.decisions)
}

/** Compares the migrations whose effect is in the schema with those that ledger and journal have. */
function compareWithRecord(names: readonly string[], match: SchemaMatch, state: DatabaseState) {
  const revision = match.kind === 'known' ? match.schema.revision : 0
  const recorded = names.slice(0, revision)
  const ledger = state.ledger.map(({ name }) => name)
  const isApplied = (name: string) => state.completed.get(name)?.direction === 'up'
  return {
    recorded,
    pending: names.slice(revision),
    contradicted: ledger.filter((name) => !recorded.includes(name)),
    isRecorded:
      revision > 0 &&
      ledger.length === revision &&
      recorded.every((name) => ledger.includes(name) && isApplied(name)),
  }
}

type KnownMatch = Extract<SchemaMatch, { kind: 'known' }>

/** What a database needs before its pending migrations. */
interface RequiredRepairs extends Pick<AdoptionPlan, 'statements' | 'repairs' | 'problems'> {
  readonly repairContext: RepairContext
}

/** For a database that is empty, or whose schema is unknown. */
const NO_REPAIRS: RequiredRepairs = {
  statements: [],
  repairs: [],
  problems: [],
  repairContext: { tables: new Map(), placeholderParents: {}, decisions: new Map() },
}

async function planRepairs(
  client: pg.ClientBase,
  match: KnownMatch,
  live: Catalog,
  context: AdoptionContext,
): Promise<RequiredRepairs> {
  const { schema, renames, promotions } = match
  const { knownSchemas, decisions, reconciliation } = context
  const { placeholderParents } = knownSchemas
  const migrations = context.loaded.migrations.map(({ migration }) => migration)
  const constraints = await findConstraintsAhead(match, live, knownSchemas)
  const tables = new Map(constraints.map((one) => [one.table, one]))
  const all = { tables, placeholderParents }
  const afterUpgrade = { ...all, decisions: resolveDecisions(decisions, all) }
  const { columnSources } = schema
  const repairContext = {
    ...afterUpgrade,
    beforeUpgrade: { columns: columnsByTable(live), columnSources },
  }
  // Expressions of the legacy schema and of decisions are the author's.
  const problems = await asAuthor(client, () => readProblems(client, repairContext))
  const pending = migrations.slice(schema.revision)
  problems.push(...(await readFailedChecks(client, pending, problems)))
  const joined = migrations[schema.revision - 1]?.up
  const reviewed = await splitAtRepairs(reconciliation?.statements ?? [])
  const upgrade = await splitAtRepairs(joined ? await upgradeStatements(schema, joined) : [])
  const repairs = repairStatements(onlyDecisionsAbout(problems, afterUpgrade))
  const names = [...renameStatements(renames), ...promoteStatements(promotions)]
  const before = [...reviewed.before, ...names, ...upgrade.before]
  const statements = [...before, ...repairs, ...upgrade.after, ...reviewed.after]
  return { repairs, statements, problems, repairContext }
}

/** Compares the schema at head with the one that the upgrade leads to, which keeps the unmanaged objects. */
async function findConstraintsAhead(
  { schema, renames, promotions }: KnownMatch,
  live: Catalog,
  { schemas, head }: KnownSchemas,
): Promise<AdoptedTable[]> {
  const joined = schemas.find((one) => !one.isLegacy && one.revision === schema.revision) ?? schema
  const now = new Map(live.objects.map((one) => [objectKey(one), one]))
  const expected = new Map(schema.catalog.objects.map((one) => [objectKey(one), one]))
  const renamed = new Set([
    ...renames.flatMap(({ kind, from, to }) => [`${kind} ${from}`, `${kind} ${to}`]),
    ...promotions.flatMap(keysOfPromotion),
  ])
  // A constraint that the upgrade or a reviewed file has yet to make, or to change, does not hold now.
  const holding = joined.catalog.objects.flatMap((one) => {
    const key = objectKey(one)
    const [found, before] = [now.get(key), expected.get(key)]
    if (renamed.has(key)) return [one]
    if (!before) return isConstraint(one) ? [] : [one]
    if (!found) return []
    return fingerprintObject(found) === fingerprintObject(before) ? [one] : [found]
  })
  const known = new Set([...joined.catalog.objects.map(objectKey), ...expected.keys(), ...renamed])
  const unmanaged = withoutObjects(live, known).objects
  return findPendingConstraints(
    { objects: [...holding, ...unmanaged] },
    { objects: [...joined.catalog.objects, ...unmanaged] },
    head,
  )
}

function isConstraint(object: CatalogObject): boolean {
  return object.kind === 'constraint' || (object.kind === 'index' && object.unique === true)
}

function columnsByTable({ objects }: Catalog): Map<string, Set<string>> {
  const columns = new Map<string, Set<string>>()
  for (const object of objects) {
    if (object.kind === 'table') columns.set(object.identity, new Set())
    if (object.kind === 'column') columns.get(object.of)?.add(lastName(object.identity))
  }
  return columns
}

/** A decision that no row needs makes no statement. */
function onlyDecisionsAbout(problems: readonly Problem[], context: RepairContext): RepairContext {
  const names = new Set(problems.map(({ name }) => name))
  const decisions = new Map([...context.decisions].filter(([name]) => names.has(name)))
  return { ...context, decisions }
}
