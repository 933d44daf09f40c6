import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { session } from '../database.ts'
import { problemResponses } from '../http/problems.ts'
import { toPage, pageRequest } from '../schemas/page.ts'
import { profileView } from '../schemas/profile.ts'
import { listProfiles } from '../services/profiles.ts'

const list = {
  tags: ['profiles'],
  summary: 'List profiles by name',
  querystring: pageRequest,
  response: { 200: toPage(profileView), ...problemResponses },
}

export const profileRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { database }) => {
  app.get('/profiles', { schema: list }, ({ query }) => listProfiles(session(database), query))
}
