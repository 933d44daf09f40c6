import { writeFile } from 'node:fs/promises'

/** The source of the properties beside the key `id`, and of what else the entity has. */
export type Entity =
  | string
  | {
      readonly properties: string
      readonly options?: string
      /** The properties have the whole key: there is no `id`. */
      readonly hasKey?: true
    }

/**
 * Writes a configuration with these entities: their tables, `schema.table` in another schema. A property refers to the
 * entity of `job` by `() => p.manyToOne(entities.job)`. The configurations of routines are sources, too.
 */
export function writeEntities(
  config: string,
  tables: Readonly<Record<string, Entity>>,
  routines: readonly string[] = [],
): Promise<void> {
  const list = Object.entries(tables).map(([table, entity]) => {
    const {
      properties,
      options = '',
      hasKey,
    } = typeof entity === 'string' ? { properties: entity } : entity
    const key = hasKey ? '' : 'id: p.integer().primary(), '
    return `entities['${table}'] = defineEntity({ name: '${table}', ${placeOf(table)}, ${options} properties: { ${key}${properties} } })`
  })
  return writeFile(
    config,
    `import { defineConfig, defineEntity, p, Routine } from '@mikro-orm/postgresql'
const entities: Record<string, any> = {}
${list.join('\n')}
export default defineConfig({
  clientUrl: 'postgres://nobody@localhost/none', entities: Object.values(entities), baseDir: import.meta.dirname, preferTs: false,
  migrations: { path: 'migrations', snapshotName: '.snapshot', emit: 'ts' },
  routines: [${routines.map((one) => `new Routine(${one})`).join(', ')}],
})`,
  )
}

function placeOf(table: string): string {
  const [name, schema] = table.split('.').toReversed()
  return `tableName: '${name}'${schema === undefined ? '' : `, schema: '${schema}'`}`
}
