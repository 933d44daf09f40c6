import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id } from '../columns.ts'
import { Entity } from './entity.ts'
import { Extraction } from './extraction.ts'

export const ExtractionEntitySchema = defineEntity({
  name: 'ExtractionEntity',
  tableName: 'extraction_entities',
  properties: {
    id: id(),
    extraction: () =>
      p
        .manyToOne(Extraction)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extraction_entities_extraction_id_fkey'),
    entity: () =>
      p
        .manyToOne(Entity)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('extraction_entities_entity_id_fkey')
        .index('idx_extraction_entities_entity'),
    role: p.text().default('mention'),
    createdAt: createdAt(),
  },
  uniques: [
    {
      name: 'extraction_entities_extraction_id_entity_id_role_key',
      properties: ['extraction', 'entity', 'role'],
    },
  ],
})

/** The link between an extraction and an entity that it mentions. */
export class ExtractionEntity extends ExtractionEntitySchema.class {}
ExtractionEntitySchema.setClass(ExtractionEntity)
