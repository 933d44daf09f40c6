import { referenceData } from '@techfacts/migrator/mikro-orm'

import { Profile } from '../entities.ts'
import type { ProfileDepth } from '../vocabularies.ts'

interface BuiltInProfile {
  readonly name: string
  readonly depth: ProfileDepth
  readonly categories: string[]
  readonly promptFocus: string
}

const BUILT_IN: readonly BuiltInProfile[] = [
  {
    name: 'technical_specs',
    depth: 'detailed',
    categories: ['specs', 'hardware', 'requirements', 'compatibility', 'performance'],
    promptFocus:
      'Hardware specifications, system requirements, supported platforms, performance metrics',
  },
  {
    name: 'api_docs',
    depth: 'detailed',
    categories: ['endpoints', 'authentication', 'rate_limits', 'sdks', 'versioning'],
    promptFocus: 'API endpoints, authentication methods, rate limits, SDK availability',
  },
  {
    name: 'security',
    depth: 'comprehensive',
    categories: ['certifications', 'compliance', 'encryption', 'audit', 'access_control'],
    promptFocus: 'Security certifications, compliance standards, encryption methods',
  },
  {
    name: 'pricing',
    depth: 'detailed',
    categories: ['pricing', 'tiers', 'limits', 'features'],
    promptFocus: 'Pricing tiers, feature inclusions, usage limits',
  },
  {
    name: 'general',
    depth: 'summary',
    categories: ['general', 'features', 'technical', 'integration'],
    promptFocus: 'General technical facts, features, integrations',
  },
]

/** MD5 of the texts of the legacy init.sql, which differ from ours in nothing else. */
const LEGACY_TEXTS: Readonly<Record<string, string>> = {
  technical_specs: 'ecfed7fa36aaea03cd56a3acd7842319',
  api_docs: '9f325add9f3ca8f697d77274eaf1cbf5',
  security: '2daa8c98c5d7329e008b4df85c68f574',
  pricing: '3b7804822eccb7c2a8dade86d644543c',
  general: '9a6e209175fbe1c88437f9a3bd290e8b',
}

const shipped = BUILT_IN.map((profile) => ({
  ...profile,
  customInstructions: null,
  isBuiltin: true,
}))

/** The built-in profiles. What a user edited, deleted or made under one of their names stays. */
export const builtInProfiles = referenceData(Profile, {
  key: ['name'],
  rows: shipped,
  earlier: shipped.map((profile) => ({
    ...profile,
    promptFocus: { md5: LEGACY_TEXTS[profile.name] ?? '' },
  })),
})
