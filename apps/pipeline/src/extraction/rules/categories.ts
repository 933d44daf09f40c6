import type { Kind } from './values.ts'

/** What a category of a profile is about: the kinds that speak for it, and the words that do. */
type Topic = { readonly kinds: readonly Kind[]; readonly words: RegExp }

/** The categories of the built-in profiles. Any other is known by the words of its name. */
const TOPICS: Readonly<Record<string, Topic>> = {
  specs: topic(['quantity', 'version'], 'spec(?:ification)?s?|size|capacity|dimensions?|format'),
  hardware: topic(['quantity'], 'hardware|cpu|cores?|gpu|ram|memory|disk|ssd|storage|processor'),
  requirements: topic(['requirement'], 'requires?|required|requirements?|prerequisites?|must|need'),
  compatibility: topic(
    ['version'],
    'compatib\\p{L}+|supports?|supported|works with|platforms?|runs on',
  ),
  performance: topic(
    ['quantity'],
    'performance|latency|throughput|faster|seconds?|speed|benchmarks?',
  ),
  endpoints: topic(['endpoint'], 'endpoints?|routes?|api|urls?|http'),
  authentication: topic([], 'auth\\p{L}*|oauth|saml|sso|tokens?|api keys?|passwords?|login|jwt'),
  rate_limits: topic(
    ['limit'],
    'rate[ -]limit\\p{L}*|per second|per minute|per hour|thrott\\p{L}+|quotas?',
  ),
  sdks: topic([], 'sdks?|client librar\\p{L}+|packages?|npm|pip|bindings?'),
  versioning: topic(['version'], 'versions?|versioning|release\\p{L}*|deprecat\\p{L}+|semver'),
  certifications: topic(['certification'], 'certifi\\p{L}+|attest\\p{L}+|accredit\\p{L}+'),
  compliance: topic(['certification'], 'complian\\p{L}+|comply|regulat\\p{L}+|gdpr|hipaa'),
  encryption: topic([], 'encrypt\\p{L}*|tls|ssl|aes(?:-\\d+)?|at rest|in transit|kms'),
  audit: topic([], 'audit\\p{L}*|logs?|trail|monitor\\p{L}*'),
  access_control: topic([], 'access control|rbac|roles?|permissions?|privileges?|mfa|2fa'),
  pricing: topic(['price'], 'pric\\p{L}+|costs?|fees?|billing|billed|free'),
  tiers: topic(['price'], 'tiers?|plans?|enterprise|starter|professional|subscription'),
  limits: topic(['limit'], 'limit\\p{L}*|max\\p{L}*|min\\p{L}*|up to|at most|at least|quotas?'),
  features: topic([], 'features?|supports?|provides?|offers?|includes?|enables?'),
  integration: topic([], 'integrat\\p{L}+|plugins?|connect\\p{L}*|webhooks?|adapters?|compatible'),
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
    statement: { readonly plain: string; readonly headingPath: readonly string[] },
  ): CategoryMatch | undefined => {
    const heading = statement.headingPath.join(' ')
    let best: CategoryMatch | undefined
    let bestWeight = 0
    for (const { category, topic, otherwise } of topics) {
      const byKind = topic.kinds.some((kind) => kinds.has(kind))
      const byWords = topic.words.test(statement.plain)
      const byHeading = topic.words.test(heading)
      const weight = Number(byKind) * 3 + Number(byWords) * 2 + Number(byHeading) * 2 || otherwise
      if (weight > bestWeight) best = { category, byKind, byWords, byHeading }
      bestWeight = Math.max(weight, bestWeight)
    }
    return best
  }
}

function topic(kinds: readonly Kind[], words: string): Topic {
  return {
    kinds,
    words: new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${words})(?![\p{L}\p{N}])`, 'iu'),
  }
}

function topicByName(category: string): Topic {
  const words = category.match(/[\p{L}\p{N}]{3,}/gu) ?? []
  const stems = words.map((word) => `${word.replace(/s$/i, '')}\\p{L}{0,3}`)
  return stems.length > 0 ? topic([], stems.join('|')) : NOTHING
}

const NOTHING: Topic = { kinds: [], words: /(?!)/ }
