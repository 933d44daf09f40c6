import { Phrases } from './phrases.ts'
import { readTokens, type Token } from './tokens.ts'
import type { Kind } from './values.ts'

/** What a category of a profile is about: the kinds that speak for it, and the words that do. */
type Topic = { readonly kinds: readonly Kind[]; readonly words: Phrases<true> }

/** The categories of the built-in profiles. Any other is known by the words of its name. */
const TOPICS: Readonly<Record<string, Topic>> = {
  specs: topic(
    ['quantity', 'version'],
    'spec, specs, specification, specifications, size, capacity, dimension, dimensions, format, formats',
  ),
  hardware: topic(
    ['quantity'],
    'hardware, cpu, core, cores, gpu, ram, memory, disk, ssd, storage, processor',
  ),
  requirements: topic(
    ['requirement'],
    'require, requires, required, requirement, requirements, prerequisite, prerequisites, must, need',
  ),
  compatibility: topic(
    ['version'],
    'compatib*, support, supports, supported, works with, platform, platforms, runs on',
  ),
  performance: topic(
    ['quantity'],
    'performance, latency, throughput, faster, second, seconds, speed, benchmark, benchmarks',
  ),
  endpoints: topic(['endpoint'], 'endpoint, endpoints, route, routes, api, url, urls, http'),
  authentication: topic(
    [],
    'auth*, oauth, saml, sso, token, tokens, api key, api keys, password, passwords, login, jwt',
  ),
  rate_limits: topic(
    ['limit'],
    'rate limit, rate limits, rate-limit*, per second, per minute, per hour, thrott*, quota, quotas',
  ),
  sdks: topic(
    [],
    'sdk, sdks, client library, client libraries, package, packages, npm, pip, binding, bindings',
  ),
  versioning: topic(
    ['version', 'date'],
    'version, versions, versioning, release*, deprecat*, semver',
  ),
  certifications: topic(['certification'], 'certifi*, attest*, accredit*'),
  compliance: topic(['certification'], 'complian*, comply, complies, regulat*, gdpr, hipaa'),
  encryption: topic([], 'encrypt*, tls, ssl, aes*, at rest, in transit, kms'),
  audit: topic([], 'audit*, log, logs, trail, monitor*'),
  access_control: topic(
    [],
    'access control, rbac, role, roles, permission, permissions, privilege, privileges, mfa, 2fa',
  ),
  pricing: topic(['price'], 'pric*, cost, costs, fee, fees, billing, billed, free'),
  tiers: topic(
    ['price'],
    'tier, tiers, plan, plans, enterprise, starter, professional, subscription',
  ),
  limits: topic(['limit'], 'limit*, max*, min, minim*, up to, at most, at least, quota, quotas'),
  features: topic(
    [],
    'feature, features, support, supports, provide, provides, offer, offers, include, includes, enable, enables',
  ),
  integration: topic(
    [],
    'integrat*, plugin, plugins, connect*, webhook, webhooks, adapter, adapters, compatible',
  ),
}

/** Categories that take any fact, where no other of the profile fits better. */
const CATCH_ALL = new Set(['general', 'technical'])

export type CategoryMatch = {
  readonly category: string
  readonly byKind: boolean
  readonly byWords: boolean
  readonly byHeading: boolean
}

/**
 * Makes the function that says which category of a profile a statement fits best (of equals the one
 * that the profile names first), or undefined where none fits.
 */
export function categoryMatcher(categories: readonly string[]) {
  const topics = categories.map((category) => ({
    category,
    topic: TOPICS[category] ?? topicByName(category),
    otherwise: Number(CATCH_ALL.has(category)),
  }))
  return (
    kinds: ReadonlySet<Kind>,
    statement: { readonly tokens: readonly Token[]; readonly headingPath: readonly string[] },
  ): CategoryMatch | undefined => {
    const heading = readTokens(statement.headingPath.join(' '))
    let best: CategoryMatch | undefined
    let bestWeight = 0
    for (const { category, topic, otherwise } of topics) {
      const byKind = topic.kinds.some((kind) => kinds.has(kind))
      const byWords = topic.words.isIn(statement.tokens)
      const byHeading = topic.words.isIn(heading)
      const weight = Number(byKind) * 3 + Number(byWords) * 2 + Number(byHeading) * 2 || otherwise
      if (weight > bestWeight) best = { category, byKind, byWords, byHeading }
      bestWeight = Math.max(weight, bestWeight)
    }
    return best
  }
}

function topic(kinds: readonly Kind[], words: string): Topic {
  return { kinds, words: new Phrases([[words, true]]) }
}

/** Long words of its name are known by how they begin, short ones as they are and in the plural. */
function topicByName(category: string): Topic {
  const words = category.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const stems = words.flatMap((word) => {
    const stem = word.endsWith('s') ? word.slice(0, -1) : word
    if (stem.length < 3) return []
    return stem.length < 5 ? [stem, `${stem}s`] : [`${stem}*`]
  })
  return { kinds: [], words: new Phrases(stems.map((stem) => [stem, true])) }
}
