/**
 * What a database's schema is, as plain data: no oids, sorted, everything that is at PostgreSQL's
 * own default left out (so that a property added to this model later does not change the
 * fingerprint of a database that does not use it).
 */
export type Catalog = { objects: CatalogObject[] }

/**
 * One object of a database: its kind, its qualified name and the properties that it has beyond
 * PostgreSQL's defaults.
 */
export type CatalogObject = { [K in Kind]: ObjectOf<K> }[Kind]

/** An object of one kind, with its properties. */
export type ObjectOf<K extends Kind> = Properties[K] & {
  kind: K
  /**
   * Schema-qualified, quoted only where a name is not plain lower case: `public.jobs.status`,
   * `public.f(integer)`.
   */
  identity: string
  /**
   * Seen, but no part of what makes two objects equal: a column's position, an extension's version.
   */
  noted?: Record<string, string | number>
}

/** A kind of object that a catalog has. */
export type Kind = keyof Properties

/** The properties of each kind. An absent property means PostgreSQL's default. */
export type Properties = {
  schema: Owned
  table: Owned & {
    unlogged?: boolean
    partitionBy?: string
    partitionOf?: string
    partitionBound?: string
    /**
     * DETACH PARTITION CONCURRENTLY was interrupted: the partition is no longer read, but not yet
     * free.
     */
    detaching?: boolean
    inherits?: string[]
    ofType?: string
    rowSecurity?: boolean
    forcedRowSecurity?: boolean
    server?: string
    serverOptions?: string[]
    replicaIdentity?: 'nothing' | 'full' | 'index'
    options?: string[]
    accessMethod?: string
    tablespace?: string
  }
  column: Part & {
    type: string
    collation?: string
    notNull?: boolean
    /** PostgreSQL 18: NOT NULL holds for new rows only. */
    notNullNotValid?: boolean
    notNullNoInherit?: boolean
    default?: string
    asIdentity?: 'always' | 'by default'
    generated?: 'stored' | 'virtual'
    generatedAs?: string
    inherited?: Inherited
    storage?: 'plain' | 'external' | 'main' | 'extended'
    compression?: 'pglz' | 'lz4'
    statistics?: number
    options?: string[]
    serverOptions?: string[]
    grants?: string[]
  }
  enum: Owned & { labels?: string[] }
  domain: Owned & { type: string; collation?: string; notNull?: boolean; default?: string }
  'composite-type': Owned & { attributes?: string[] }
  range: Owned & {
    subtype: string
    operatorClass: string
    collation?: string
    canonical?: string
    subtypeDifference?: string
    multirange: string
  }
  sequence: Owned & {
    ownedBy?: string
    type: string
    start: string
    increment: string
    minimum: string
    maximum: string
    cache: string
    cycle?: boolean
    unlogged?: boolean
  }
  constraint: Part & {
    type: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion'
    columns?: string[]
    expression?: string
    references?: string
    referencedColumns?: string[]
    match?: 'full' | 'partial'
    onUpdate?: string
    onDelete?: string
    /** The columns that ON DELETE SET NULL or SET DEFAULT is limited to. */
    onDeleteColumns?: string[]
    /** An exclusion constraint's operators, in the order of its index's elements. */
    operators?: string[]
    /** PRIMARY KEY and UNIQUE … WITHOUT OVERLAPS, FOREIGN KEY … PERIOD (PostgreSQL 18). */
    temporal?: boolean
    notValid?: boolean
    notEnforced?: boolean
    deferrable?: 'initially immediate' | 'initially deferred'
    noInherit?: boolean
    inherited?: Inherited
    /** ALTER TABLE … DISABLE TRIGGER ALL: the constraint is there and nothing enforces it. */
    triggersDisabled?: boolean
  }
  index: Part & {
    /** The constraint that owns the index, by its identity. */
    constraint?: string
    method: string
    unique?: boolean
    nullsNotDistinct?: boolean
    elements: string[]
    include?: string[]
    predicate?: string
    invalid?: boolean
    notReady?: boolean
    attachedTo?: string
    replicaIdentity?: boolean
    clustered?: boolean
    statistics?: string[]
    options?: string[]
    tablespace?: string
  }
  view: Owned & { definition: string; options?: string[] }
  'materialized-view': Owned & {
    definition: string
    unpopulated?: boolean
    options?: string[]
    accessMethod?: string
    tablespace?: string
  }
  function: Owned & {
    routine: 'function' | 'procedure' | 'aggregate' | 'window function'
    arguments?: string
    returns?: string
    language: string
    body?: string
    parsedBody?: string
    library?: string
    aggregate?: string
    volatility?: 'immutable' | 'stable'
    strict?: boolean
    leakproof?: boolean
    securityDefiner?: boolean
    parallel?: 'safe' | 'restricted'
    settings?: string[]
    transforms?: string[]
    cost?: number
    rows?: number
    support?: string
  }
  trigger: Part & { definition: string; enabled?: Enabled }
  policy: Part & {
    command: string
    restrictive?: boolean
    roles: string[]
    using?: string
    withCheck?: string
  }
  rule: Part & { definition: string; enabled?: Enabled }
  extension: { schema: string }
  publication: Omit<Owned, 'grants'> & {
    operations?: string[]
    allTables?: boolean
    tables?: string[]
    schemas?: string[]
    viaRoot?: boolean
    generatedColumns?: boolean
  }
  'default-grants': { grants: string[] }
  setting: { value: string }
  /** Listed where something was granted on it, or it has a comment. */
  database: { grants?: string[]; comment?: string }
  /**
   * Seen and compared by identity and definition, but not taken apart: casts, operators, text
   * search, statistics, …
   */
  other: Owned & { class: string; definition?: string }
  /**
   * On something that is not listed otherwise: a NOT NULL constraint, an attribute of a composite
   * type.
   */
  comment: { text: string }
}

/**
 * What most objects have. The database's owner is called `pg_database_owner`, whatever role that
 * is.
 */
type Owned = {
  owner?: string
  /**
   * All who may do what, where that differs from PostgreSQL's default for the kind: `app: SELECT,
   * INSERT`.
   */
  grants?: string[]
  comment?: string
}

/** A part of a relation (or a domain): listed apart, missing along with it. */
type Part = { of: string; comment?: string }

/** From a parent table only, or declared here as well. */
type Inherited = 'only' | 'and declared'

type Enabled = 'never' | 'on replica' | 'always'
