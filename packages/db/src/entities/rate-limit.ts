import { defineEntity, p } from '@mikro-orm/core'

import { moment } from '../columns.ts'

export const RateLimitSchema = defineEntity({
  name: 'RateLimit',
  tableName: 'rate_limits',
  properties: {
    domain: p.text().primary(),
    requestCount: p.integer().default(0),
    lastRequest: moment().nullable(),
    dailyCount: p.integer().default(0),
    dailyResetAt: p.date().defaultRaw('CURRENT_DATE'),
  },
})

/** How often a domain was fetched: one row a domain, counted by one atomic statement. */
export class RateLimit extends RateLimitSchema.class {}
RateLimitSchema.setClass(RateLimit)
