import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { Project } from './project.ts'

const EntitySchema = defineEntity({
  name: 'Entity',
  tableName: 'entities',
  properties: {
    id: id(),
    project: () =>
      p
        .manyToOne(Project)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('entities_project_id_fkey'),
    sourceGroup: p.text().index('idx_entities_group'),
    entityType: p.text().index('idx_entities_type'),
    value: p.text(),
    normalizedValue: p.text(),
    attributes: p.json<JsonObject>().defaultRaw(`'{}'::jsonb`),
    createdAt: createdAt(),
  },
  indexes: [
    {
      // The order of a project's pages.
      name: 'idx_entities_page',
      properties: ['project', 'createdAt', 'id'],
    },
  ],
  uniques: [
    {
      // PostgreSQL cut the name of the legacy constraint to 63 bytes.
      name: 'entities_project_id_source_group_entity_type_normalized_val_key',
      properties: ['project', 'sourceGroup', 'entityType', 'normalizedValue'],
    },
  ],
})

/** Something that sources of a group talk about (a product, a company, a limit), once per normalized value. */
export class Entity extends EntitySchema.class {}
EntitySchema.setClass(Entity)
