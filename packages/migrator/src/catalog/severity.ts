import type { CatalogObject, Kind, ObjectOf } from './model.ts'

/**
 * What a difference puts at risk, gravest first: rows that do not fit (structure), rows that should
 * not be there (integrity), other answers (behaviour), slower ones (speed), who may do what
 * (access), how it lies on disk (storage), and what only people read (cosmetic).
 */
export const SEVERITIES = [
  'structure',
  'integrity',
  'behaviour',
  'speed',
  'access',
  'storage',
  'cosmetic',
] as const

/** How grave a difference is, from `structure` to `cosmetic`. */
export type Severity = (typeof SEVERITIES)[number]

type PropertyName<K extends Kind> = Exclude<keyof ObjectOf<K>, 'kind' | 'identity' | 'noted'>

/** `is`: that the object is there at all. */
type SeverityOf = { [K in Kind]: Record<PropertyName<K> | 'is', Severity> }

const owned = { owner: 'access', grants: 'access', comment: 'cosmetic' } as const
const part = { of: 'structure', comment: 'cosmetic' } as const

/**
 * Every property of every kind, in the order in which kinds and their properties are listed
 * everywhere.
 */
export const SEVERITY: SeverityOf = {
  schema: { is: 'structure', ...owned },
  extension: { is: 'structure', schema: 'structure' },
  enum: { is: 'structure', labels: 'structure', ...owned },
  'composite-type': { is: 'structure', attributes: 'structure', ...owned },
  domain: {
    is: 'structure',
    type: 'structure',
    collation: 'structure',
    notNull: 'integrity',
    default: 'behaviour',
    ...owned,
  },
  range: {
    is: 'structure',
    subtype: 'structure',
    operatorClass: 'structure',
    collation: 'structure',
    multirange: 'structure',
    canonical: 'behaviour',
    subtypeDifference: 'speed',
    ...owned,
  },
  table: {
    is: 'structure',
    partitionBy: 'structure',
    partitionOf: 'structure',
    partitionBound: 'structure',
    detaching: 'structure',
    inherits: 'structure',
    ofType: 'structure',
    unlogged: 'integrity',
    server: 'structure',
    serverOptions: 'behaviour',
    rowSecurity: 'behaviour',
    forcedRowSecurity: 'behaviour',
    replicaIdentity: 'behaviour',
    options: 'storage',
    accessMethod: 'storage',
    tablespace: 'storage',
    ...owned,
  },
  column: {
    is: 'structure',
    type: 'structure',
    collation: 'structure',
    notNull: 'integrity',
    notNullNotValid: 'integrity',
    notNullNoInherit: 'integrity',
    asIdentity: 'behaviour',
    generated: 'structure',
    generatedAs: 'behaviour',
    default: 'behaviour',
    inherited: 'structure',
    serverOptions: 'behaviour',
    storage: 'storage',
    compression: 'storage',
    statistics: 'storage',
    options: 'storage',
    grants: 'access',
    ...part,
  },
  sequence: {
    is: 'structure',
    type: 'structure',
    ownedBy: 'structure',
    start: 'behaviour',
    increment: 'behaviour',
    minimum: 'behaviour',
    maximum: 'behaviour',
    cache: 'behaviour',
    cycle: 'behaviour',
    unlogged: 'integrity',
    ...owned,
  },
  constraint: {
    is: 'integrity',
    type: 'integrity',
    columns: 'integrity',
    expression: 'integrity',
    references: 'integrity',
    referencedColumns: 'integrity',
    match: 'integrity',
    onUpdate: 'integrity',
    onDelete: 'integrity',
    onDeleteColumns: 'integrity',
    operators: 'integrity',
    temporal: 'integrity',
    notValid: 'integrity',
    notEnforced: 'integrity',
    triggersDisabled: 'integrity',
    deferrable: 'behaviour',
    noInherit: 'integrity',
    inherited: 'structure',
    ...part,
  },
  index: {
    is: 'speed',
    unique: 'integrity',
    nullsNotDistinct: 'integrity',
    invalid: 'integrity',
    notReady: 'integrity',
    constraint: 'integrity',
    method: 'speed',
    elements: 'speed',
    include: 'speed',
    predicate: 'speed',
    attachedTo: 'structure',
    replicaIdentity: 'behaviour',
    statistics: 'storage',
    clustered: 'storage',
    options: 'storage',
    tablespace: 'storage',
    ...part,
  },
  view: { is: 'structure', definition: 'behaviour', options: 'behaviour', ...owned },
  'materialized-view': {
    is: 'structure',
    definition: 'behaviour',
    unpopulated: 'behaviour',
    options: 'storage',
    accessMethod: 'storage',
    tablespace: 'storage',
    ...owned,
  },
  function: {
    is: 'behaviour',
    routine: 'behaviour',
    arguments: 'behaviour',
    returns: 'behaviour',
    language: 'behaviour',
    body: 'behaviour',
    parsedBody: 'behaviour',
    library: 'behaviour',
    aggregate: 'behaviour',
    volatility: 'behaviour',
    strict: 'behaviour',
    leakproof: 'behaviour',
    securityDefiner: 'behaviour',
    settings: 'behaviour',
    transforms: 'behaviour',
    parallel: 'speed',
    cost: 'speed',
    rows: 'speed',
    support: 'speed',
    ...owned,
  },
  trigger: { is: 'behaviour', definition: 'behaviour', enabled: 'behaviour', ...part },
  rule: { is: 'behaviour', definition: 'behaviour', enabled: 'behaviour', ...part },
  policy: {
    is: 'behaviour',
    command: 'behaviour',
    restrictive: 'behaviour',
    roles: 'behaviour',
    using: 'behaviour',
    withCheck: 'behaviour',
    ...part,
  },
  publication: {
    is: 'behaviour',
    allTables: 'behaviour',
    tables: 'behaviour',
    schemas: 'behaviour',
    operations: 'behaviour',
    viaRoot: 'behaviour',
    generatedColumns: 'behaviour',
    owner: 'access',
    comment: 'cosmetic',
  },
  setting: { is: 'access', value: 'access' },
  database: { is: 'access', grants: 'access', comment: 'cosmetic' },
  other: { is: 'behaviour', class: 'behaviour', definition: 'behaviour', ...owned },
  'default-grants': { is: 'access', grants: 'access' },
  comment: { is: 'cosmetic', text: 'cosmetic' },
}

/** Gravest first; used for sorting. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

/** How grave it is that an object is missing or extra. */
export function severityOfPresence(object: CatalogObject): Severity {
  if (isGrants(object)) return 'access'
  return object.kind === 'index' && object.unique ? 'integrity' : SEVERITY[object.kind].is
}

/**
 * How grave it is that a property differs. What a unique index covers decides on which rows there
 * may be.
 */
export function severityOfProperty(object: CatalogObject, property: string): Severity {
  if (isGrants(object)) return 'access'
  if (object.kind === 'index' && object.unique && UNIQUENESS.has(property)) return 'integrity'
  return (
    new Map<string, Severity>(Object.entries(SEVERITY[object.kind])).get(property) ?? 'structure'
  )
}

const UNIQUENESS = new Set(['elements', 'predicate'])

/** What was granted on an object that no migration makes: PostgreSQL's own, or an extension's. */
function isGrants(object: CatalogObject): boolean {
  return object.kind === 'other' && object.class === 'grants'
}
