/** A table before and after a change of its entity: the source of its properties beside the key. */
export interface Change {
  readonly family: string
  readonly before: string
  readonly after: string
  /** What else the entity has, before and after. */
  readonly options?: string
  /** Columns that are gone, or labels of an enum. */
  readonly gone?: readonly string[]
  /** Where the table is, if not by itself in public. */
  readonly place?: 'schema' | 'partitions'
}

/** Types, each with a value that all of the others in its list can hold. */
const TYPES: readonly (readonly string[])[] = [
  // Numbers.
  [
    'p.smallint()',
    'p.integer()',
    'p.bigint()',
    'p.float()',
    'p.double()',
    'p.decimal().precision(8).scale(2)',
    'p.decimal().precision(12).scale(4)',
    `p.string().columnType('real')`,
  ],
  // Texts.
  [
    'p.text()',
    'p.string()',
    'p.string().length(20)',
    'p.string().length(40)',
    'p.character().length(20)',
    `p.string().columnType('varchar(30)')`,
    `p.text().collation('C')`,
    `p.text().collation('POSIX')`,
  ],
  // Moments.
  [
    'p.datetime()',
    'p.datetime().length(0)',
    'p.datetime().length(3)',
    `p.datetime().columnType('timestamp')`,
    `p.datetime().columnType('timestamp(3)')`,
    'p.date()',
  ],
  // Documents.
  ['p.json()', `p.json().columnType('json')`],
  // Lists.
  ['p.array()', `p.array().columnType('int[]')`, `p.array().columnType('bigint[]')`],
  // Bytes, and what nothing else is.
  ['p.blob()'],
  ['p.uuid()'],
  ['p.boolean()'],
  ['p.time()', 'p.time().length(0)'],
]

const ALL = TYPES.flat()

const change = (family: string, before: string, after: string): Change => ({
  family,
  before,
  after,
})

/** One type becomes another one that holds its values. */
const types = TYPES.flatMap((list) =>
  list.flatMap((one) =>
    list.flatMap((other) =>
      one === other ? [] : [change('types', `a: ${one}.nullable()`, `a: ${other}.nullable()`)],
    ),
  ),
)

/** What an index may be of, beside a column as it is; `#` is what makes it: an index, or a unique one. */
const WRITTEN: readonly (readonly [types: RegExp, ...indexes: string[]])[] = [
  [
    /text|string|character|varchar/,
    '# on % (lower(a))',
    `# on % (id) where a <> 'x'`,
    '# on % (lower(a)) where length(a) > 0',
    '# on % (a text_pattern_ops)',
    '# on % (a collate "C")',
  ],
  [
    /integer|bigint|smallint|decimal|float|double|real/,
    '# on % ((a + 1))',
    '# on % (id) where a > 0',
  ],
  [/./, '# on % (id) where a is not null', '# on % (a)', '# on % (id) include (a)'],
]

/** A type changes under an index that is written as SQL: of all of these, some of each kind. */
const written = TYPES.slice(0, 3)
  .flatMap((list) => list.flatMap((one) => list.flatMap((other) => underIndexes(one, other))))
  .filter((_, n) => n % 7 === 0)

function underIndexes(one: string, other: string): Change[] {
  const fitting = WRITTEN.filter(([types]) => one !== other && types.test(one) && types.test(other))
  return fitting.flatMap(([, ...indexes]) =>
    indexes.flatMap((index) =>
      ['index', 'unique index'].map((what) => {
        const sql = `create ${index.replace('#', `${what} w_%`)}`
        return {
          ...change('types under indexes', `a: ${one}.nullable()`, `a: ${other}.nullable()`),
          options: `indexes: [{ name: 'w_%', expression: ${JSON.stringify(sql)} }],`,
        }
      }),
    ),
  )
}

/** Of each type: a column comes, becomes NOT NULL, gets an index or a key, and each of that is taken back. */
const columns = ALL.flatMap((type) => [
  {
    ...change('columns', `a: ${type}.nullable(), z: p.text().nullable()`, 'z: p.text().nullable()'),
    gone: ['a'],
  },
  {
    ...change('columns', `a: ${type}, z: p.text().nullable()`, 'z: p.text().nullable()'),
    gone: ['a'],
  },
  change('columns', 'z: p.text().nullable()', `z: p.text().nullable(), a: ${type}.nullable()`),
  change('not null', `a: ${type}.nullable()`, `a: ${type}`),
  change('nullable', `a: ${type}`, `a: ${type}.nullable()`),
  change('comments', `a: ${type}.nullable()`, `a: ${type}.comment("it's").nullable()`),
  change('comments', `a: ${type}.comment('was').nullable()`, `a: ${type}.comment('is').nullable()`),
])

const INDEXED = ALL.filter((type) => !/json|blob|array/.test(type))

const indexes = INDEXED.flatMap((type) => [
  change('indexes', `a: ${type}.nullable()`, `a: ${type}.index().nullable()`),
  change('indexes', `a: ${type}.index().nullable()`, `a: ${type}.nullable()`),
  change(
    'indexes',
    `a: ${type}.index('one').nullable()`.replace('one', 'i_%'),
    `a: ${type}.index('j_%').nullable()`,
  ),
  change('constraints', `a: ${type}.nullable()`, `a: ${type}.unique().nullable()`),
  change('constraints', `a: ${type}.unique().nullable()`, `a: ${type}.nullable()`),
  change('constraints', `a: ${type}.index().nullable()`, `a: ${type}.unique().nullable()`),
])

const DEFAULTS: readonly (readonly [type: string, ...values: string[]])[] = [
  ['p.integer()', '.default(1)', '.default(2)', `.defaultRaw('1 + 1')`],
  ['p.text()', `.default('a')`, `.default("it''s")`, `.defaultRaw('current_user')`],
  ['p.boolean()', '.default(true)', '.default(false)'],
  ['p.datetime()', `.defaultRaw('now()')`, `.defaultRaw('clock_timestamp()')`],
  ['p.uuid()', `.defaultRaw('gen_random_uuid()')`],
  ['p.json()', `.default('{}')`, `.defaultRaw("'[]'")`],
  ['p.decimal().precision(8).scale(2)', '.default(1.5)', '.default(2)'],
]

const defaults = DEFAULTS.flatMap(([type, ...values]) =>
  ['', ...values].flatMap((one) =>
    ['', ...values].flatMap((other) => [
      ...(one === other
        ? []
        : [change('defaults', `a: ${type}${one}.nullable()`, `a: ${type}${other}.nullable()`)]),
      ...(one === '' && other !== ''
        ? [
            change(
              'defaults',
              'z: p.text().nullable()',
              `z: p.text().nullable(), a: ${type}${other}`,
            ),
            change('defaults', `a: ${type}.nullable()`, `a: ${type}${other}`),
          ]
        : []),
    ]),
  ),
)

const checks = [
  change('checks', 'a: p.integer().nullable()', `a: p.integer().check('a > 0').nullable()`),
  change('checks', `a: p.integer().check('a > 0').nullable()`, 'a: p.integer().nullable()'),
  change(
    'checks',
    `a: p.integer().check('a > 0').nullable()`,
    `a: p.integer().check('a > -5').nullable()`,
  ),
  change(
    'checks',
    'z: p.text().nullable()',
    `z: p.text().nullable(), a: p.integer().check('a > 0').nullable()`,
  ),
]

const LABELS = [`['a', 'b']`, `['a', 'b', 'c']`, `['a', 'x', 'b']`, `['a']`]

const enums = LABELS.flatMap((one) =>
  LABELS.flatMap((other) =>
    one === other
      ? []
      : [change('enums', `a: p.enum(${one}).nullable()`, `a: p.enum(${other}).nullable()`)],
  ),
)

const NATIVE = [['a', 'b'], ['a', 'b', 'c'], ['a', 'x', 'b'], ['a', 'c'], ['a']]

/** The rows have the first of them. */
const nativeEnums = NATIVE.flatMap((one) =>
  NATIVE.filter((other) => other !== one).map((other) => {
    const [before = '', after = ''] = [one, other].map(
      (labels) => `a: p.enum(${JSON.stringify(labels)}).nativeEnumName('e_%').nullable()`,
    )
    const gone = one.filter((label) => !other.includes(label)).map((label) => `e_%.${label}`)
    return { ...change('native enums', before, after), gone }
  }),
)

const generated = [
  ['a: p.integer()', `a: p.integer(), b: p.integer().generated('(a * 2) stored').nullable()`],
  [
    `a: p.integer(), b: p.integer().generated('(a * 2) stored').nullable()`,
    `a: p.integer(), b: p.integer().generated('(a * 3) stored').nullable()`,
  ],
  [`a: p.integer(), b: p.integer().generated('(a * 2) stored').nullable()`, 'a: p.integer()'],
].map(([before = '', after = '']) => change('generated', before, after))

const several = ALL.map((type) =>
  change(
    'several at once',
    `a: ${type}.nullable(), b: p.integer().nullable()`,
    `a: ${type}, b: p.bigint().default(3), c: p.text().index().nullable(), d: p.uuid().defaultRaw('gen_random_uuid()')`,
  ),
)

const ODD = ['select', 'Größe', 'with space', 'UPPER', 'a"b', 'ab'.repeat(31)]
const oddNames = ODD.flatMap((name) => {
  const column = `.name(${JSON.stringify(name)})`
  return [
    change(
      'odd names',
      'z: p.text().nullable()',
      `z: p.text().nullable(), a: p.text()${column}.index().nullable()`,
    ),
    change('odd names', `a: p.integer()${column}.nullable()`, `a: p.integer()${column}`),
    change(
      'odd names',
      `a: p.integer()${column}.nullable()`,
      `a: p.integer()${column}.unique().nullable()`,
    ),
    change('odd names', `a: p.integer()${column}.nullable()`, `a: p.bigint()${column}.nullable()`),
  ]
})

/** Families that have cases in another schema, and of a partitioned table, whose unique keys need what it is parted by. */
const PLACED = [
  ...columns,
  ...indexes,
  ...defaults,
  ...checks,
  ...enums,
  ...nativeEnums,
  ...generated,
]
const isFew = ({ before, after }: Change) => !/p\.(?!integer|text|enum|bigint)/.test(before + after)

const inSchema = PLACED.filter(isFew).map((one) => ({ ...one, place: 'schema' as const }))
const inPartitions = inSchema
  .filter(({ family }) => family !== 'constraints')
  .map((one) => ({ ...one, place: 'partitions' as const }))

export const CHANGES: readonly Change[] = [
  ...types,
  ...written,
  ...PLACED,
  ...several,
  ...oddNames,
  ...inSchema,
  ...inPartitions,
]
