import { defineEntity, p } from '@mikro-orm/core'

import { isShare } from '../checks.ts'
import { createdAt, id, moment } from '../columns.ts'
import type { JsonObject } from '../json.ts'
import { Page } from './page.ts'

export const FactSchema = defineEntity({
  name: 'Fact',
  tableName: 'facts',
  properties: {
    id: id(),
    page: () =>
      p
        .manyToOne(Page)
        .ref()
        .deleteRule('cascade')
        .updateRule('no action')
        .foreignKeyName('facts_page_id_fkey')
        .index('idx_facts_page_id'),
    factText: p.text(),
    category: p.text().index('idx_facts_category'),
    confidence: p.double().index('idx_facts_confidence'),
    profileUsed: p.text().index('idx_facts_profile'),
    embeddingId: p.text().nullable(),
    extractedAt: moment().defaultRaw('now()'),
    metadata: p.json<JsonObject>().defaultRaw(`'{}'::jsonb`),
    createdAt: createdAt(),
  },
  checks: [isShare('facts', 'confidence')],
})

/** A fact of the first release, found in a page; `extractions` took its place. */
export class Fact extends FactSchema.class {}
FactSchema.setClass(Fact)
