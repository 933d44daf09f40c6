import { Profile } from '@techfacts/db'
import { sql } from 'kysely'
import type { Database, Session } from '../database.ts'
import type { ProfileRequest } from '../extraction/extractor.ts'
import { DomainError } from '../errors.ts'
import { readPage } from '../page.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { ProfileView } from '../schemas/profile.ts'

/** By name. */
export function listProfiles(session: Session, page: PageRequest): Promise<Page<ProfileView>> {
  const profiles = sql`
    select id, name, categories, prompt_focus, depth, custom_instructions, is_builtin from profiles`
  return readPage(session, profiles, { keys: { name: 'text' }, direction: 'asc' }, page)
}

/** What the profile asks an extractor for. @throws DomainError unknown_profile */
export async function readProfile(database: Database, name: string): Promise<ProfileRequest> {
  const profile = await database.em.fork().findOne(Profile, { name })
  if (!profile) throw new DomainError('unknown_profile', `There is no profile ${name}.`)
  const { categories, promptFocus, depth, customInstructions } = profile
  return { name, categories, promptFocus, depth, customInstructions: customInstructions ?? null }
}
