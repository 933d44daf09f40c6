import type { EntityManager } from '@mikro-orm/postgresql'
import { Extraction, Project } from '@techfacts/db'

/** What is known of a project at a glance. */
export interface Summary {
  readonly name: string
  readonly extractions: number
}

/** Every project with the number of its extractions, by name. */
export async function readSummaries(em: EntityManager): Promise<Summary[]> {
  const projects = await em.findAll(Project, { fields: ['name'], orderBy: { name: 'asc' } })
  const counts = await em.countBy(Extraction, 'project')
  return projects.map(({ id, name }) => ({ name, extractions: counts[id] ?? 0 }))
}
