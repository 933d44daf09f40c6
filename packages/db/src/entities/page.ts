import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id, moment, updatedAt } from '../columns.ts'
import type { JsonObject } from '../json.ts'

const PageSchema = defineEntity({
  name: 'Page',
  tableName: 'pages',
  properties: {
    id: id(),
    url: p.text().unique('pages_url_key'),
    domain: p.text().index('idx_pages_domain'),
    company: p.text().index('idx_pages_company'),
    title: p.text().nullable(),
    markdownContent: p.text().nullable(),
    scrapedAt: moment().nullable().defaultRaw('now()').index('idx_pages_scraped_at'),
    status: p.text().nullable().default('completed').index('idx_pages_status'),
    metadata: p.json<JsonObject>().nullable().defaultRaw(`'{}'::jsonb`),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
})

/** A scraped page of the first release; `sources` took its place. */
export class Page extends PageSchema.class {}
PageSchema.setClass(Page)
