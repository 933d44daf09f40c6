import { UniqueConstraintViolationException, type EntityManager } from '@mikro-orm/postgresql'
import { Profile } from '@techfacts/db'
import type { Database } from '../database.ts'
import { DomainError } from '../errors.ts'
import type { ProfileRequest } from '../extraction/extractor.ts'
import { findPage } from '../page.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { NewProfile, ProfileView } from '../schemas/profile.ts'

/** By name. */
export async function listProfiles(
  { em }: Database,
  page: PageRequest,
): Promise<Page<ProfileView>> {
  return findPage(em.fork(), Profile, { where: {}, orderBy: ['name'] }, page, toView)
}

/** @throws DomainError profile_not_found */
export async function readProfileById({ em }: Database, id: string): Promise<ProfileView> {
  return toView(await findProfile(em.fork(), id))
}

/** @throws DomainError name_taken */
export async function createProfile({ em }: Database, asked: NewProfile): Promise<ProfileView> {
  const own = em.fork()
  const profile = own.create(Profile, { ...toColumns(asked), isBuiltin: false })
  await flush(own)
  return toView(profile)
}

/** @throws DomainError profile_not_found, profile_is_builtin, name_taken */
export async function updateProfile(
  { em }: Database,
  id: string,
  asked: NewProfile,
): Promise<ProfileView> {
  const own = em.fork()
  const profile = own.assign(await findCustomProfile(own, id), toColumns(asked))
  await flush(own)
  return toView(profile)
}

/** What was extracted with it keeps its name. @throws DomainError profile_not_found, profile_is_builtin */
export async function deleteProfile({ em }: Database, id: string): Promise<void> {
  const own = em.fork()
  own.remove(await findCustomProfile(own, id))
  await own.flush()
}

/** What the profile asks an extractor for. @throws DomainError unknown_profile */
export async function readProfile(database: Database, name: string): Promise<ProfileRequest> {
  const profile = await database.em.fork().findOne(Profile, { name })
  if (!profile) throw new DomainError('unknown_profile', `There is no profile ${name}.`)
  const { categories, promptFocus, depth, customInstructions } = profile
  return { name, categories, promptFocus, depth, customInstructions: customInstructions ?? null }
}

async function findProfile(em: EntityManager, id: string): Promise<Profile> {
  const profile = await em.findOne(Profile, id)
  if (!profile) throw new DomainError('profile_not_found')
  return profile
}

async function findCustomProfile(em: EntityManager, id: string): Promise<Profile> {
  const profile = await findProfile(em, id)
  if (profile.isBuiltin) throw new DomainError('profile_is_builtin')
  return profile
}

async function flush(em: EntityManager): Promise<void> {
  await em.flush().catch((error: unknown) => {
    throw error instanceof UniqueConstraintViolationException
      ? new DomainError('name_taken')
      : error
  })
}

function toColumns(asked: NewProfile) {
  const { name, categories, depth } = asked
  const { prompt_focus: promptFocus, custom_instructions: customInstructions } = asked
  return { name, categories, promptFocus, depth, customInstructions }
}

function toView(profile: Profile): ProfileView {
  const { id, name, categories, depth } = profile
  return {
    id,
    name,
    categories,
    prompt_focus: profile.promptFocus,
    depth,
    custom_instructions: profile.customInstructions ?? null,
    is_builtin: profile.isBuiltin,
  }
}
