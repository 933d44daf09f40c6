import { raw } from '@mikro-orm/core'
import type { EntityManager } from '@mikro-orm/postgresql'
import { Seeder } from '@mikro-orm/seeder'

import { Profile } from '../entities.ts'
import type { ProfileDepth } from '../vocabularies.ts'

/** What the seeders tell their caller: a line for each row, in `report`. */
export interface SeedContext {
  readonly report: string[]
}

export interface BuiltInProfile {
  name: string
  depth: ProfileDepth
  categories: string[]
  promptFocus: string
  /** md5 of every text that was seeded before: a row that holds one of them was not edited. */
  earlier: string[]
}

export const BUILT_IN: BuiltInProfile[] = [
  {
    name: 'technical_specs',
    depth: 'detailed',
    categories: ['specs', 'hardware', 'requirements', 'compatibility', 'performance'],
    promptFocus:
      'Hardware specifications, system requirements, supported platforms, performance metrics',
    earlier: ['ecfed7fa36aaea03cd56a3acd7842319'],
  },
  {
    name: 'api_docs',
    depth: 'detailed',
    categories: ['endpoints', 'authentication', 'rate_limits', 'sdks', 'versioning'],
    promptFocus: 'API endpoints, authentication methods, rate limits, SDK availability',
    earlier: ['9f325add9f3ca8f697d77274eaf1cbf5'],
  },
  {
    name: 'security',
    depth: 'comprehensive',
    categories: ['certifications', 'compliance', 'encryption', 'audit', 'access_control'],
    promptFocus: 'Security certifications, compliance standards, encryption methods',
    earlier: ['2daa8c98c5d7329e008b4df85c68f574'],
  },
  {
    name: 'pricing',
    depth: 'detailed',
    categories: ['pricing', 'tiers', 'limits', 'features'],
    promptFocus: 'Pricing tiers, feature inclusions, usage limits',
    earlier: ['3b7804822eccb7c2a8dade86d644543c'],
  },
  {
    name: 'general',
    depth: 'summary',
    categories: ['general', 'features', 'technical', 'integration'],
    promptFocus: 'General technical facts, features, integrations',
    earlier: ['9a6e209175fbe1c88437f9a3bd290e8b'],
  },
]

/**
 * Seeds the built-in profiles: inserts what is missing, replaces a prompt_focus that an earlier seed wrote, and leaves alone
 * whatever a user edited or made. It never deletes. Two runs at once end like one.
 */
export class ProfileSeeder extends Seeder {
  override async run(em: EntityManager, context?: SeedContext): Promise<void> {
    for (const profile of BUILT_IN) {
      const outcome = await seedProfile(em, profile)
      context?.report.push(`profile ${profile.name}: ${outcome}`)
    }
  }
}

/** Seeds one profile, and says what came of it. */
export async function seedProfile(
  em: EntityManager,
  { earlier, ...builtIn }: BuiltInProfile,
): Promise<string> {
  // On conflict, and not after a look: a seeder beside this one may have inserted it since.
  const inserted = await em
    .createQueryBuilder(Profile)
    .insert({ ...builtIn, isBuiltin: true })
    .onConflict('name')
    .ignore()
    .execute('run')
  if (inserted.affectedRows > 0) return 'inserted'

  const updated = await em.nativeUpdate(
    Profile,
    { name: builtIn.name, isBuiltin: true, [raw('md5(prompt_focus)')]: earlier },
    { promptFocus: builtIn.promptFocus, updatedAt: raw<Date>('now()') },
  )
  if (updated > 0) return 'updated, its text was an earlier one of ours'

  const there = await em.findOneOrFail(
    Profile,
    { name: builtIn.name },
    { disableIdentityMap: true },
  )
  if (!there.isBuiltin) return 'left alone, a user has a profile of that name'
  return isAsSeeded(there, builtIn) ? 'unchanged' : 'left alone, a user edited it'
}

function isAsSeeded(there: Profile, builtIn: Omit<BuiltInProfile, 'earlier'>): boolean {
  return (
    there.promptFocus === builtIn.promptFocus &&
    there.depth === builtIn.depth &&
    there.customInstructions === null &&
    JSON.stringify(there.categories) === JSON.stringify(builtIn.categories)
  )
}
