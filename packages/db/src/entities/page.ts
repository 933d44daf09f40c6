import { defineEntity, p } from '@mikro-orm/core'

import { createdAt, id, moment, updatedAt } from '../columns.ts'
import type { JsonObject } from '../json.ts'

export const PageSchema = defineEntity({
  name: 'Page',
  tableName: 'pages',
  properties: {
    id: id(),
    url: p.text(),
    domain: p.text().index('idx_pages_domain'),
    company: p.text().index('idx_pages_company'),
    title: p.text().nullable(),
    markdownContent: p.text().nullable(),
    scrapedAt: moment().defaultRaw('now()').index('idx_pages_scraped_at'),
    status: p.text().default('completed').index('idx_pages_status'),
    metadata: p.json<JsonObject>().defaultRaw(`'{}'::jsonb`),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  uniques: [
    {
      // Over the hash, since a URL can be longer than a btree row may be.
      name: 'pages_url_md5_key',
      expression: 'create unique index "pages_url_md5_key" on "pages" (md5("url"))',
    },
  ],
})

/** A scraped page of the first release; `sources` took its place. */
export class Page extends PageSchema.class {}
PageSchema.setClass(Page)
