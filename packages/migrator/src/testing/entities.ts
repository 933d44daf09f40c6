import { writeFile } from 'node:fs/promises'

/**
 * Writes a configuration with these entities: their tables, `schema.table` in another schema, and the source of the properties beside the key. A property
 * refers to the entity of `job` by `() => p.manyToOne(entities.job)`.
 */
export function writeEntities(
  config: string,
  tables: Readonly<Record<string, string>>,
): Promise<void> {
  const list = Object.entries(tables).map(
    ([table, columns]) =>
      `entities['${table}'] = defineEntity({ name: '${table}', ${placeOf(table)}, properties: { id: p.integer().primary(), ${columns} } })`,
  )
  return writeFile(
    config,
    `import { defineConfig, defineEntity, p } from '@mikro-orm/postgresql'
const entities: Record<string, any> = {}
${list.join('\n')}
export default defineConfig({
  clientUrl: 'postgres://nobody@localhost/none', entities: Object.values(entities), baseDir: import.meta.dirname, preferTs: false,
  migrations: { path: 'migrations', snapshotName: '.snapshot', emit: 'ts' },
})`,
  )
}

function placeOf(table: string): string {
  const [name, schema] = table.split('.').toReversed()
  return `tableName: '${name}'${schema === undefined ? '' : `, schema: '${schema}'`}`
}
