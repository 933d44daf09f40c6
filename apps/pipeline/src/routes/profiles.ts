import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problemResponses } from '../http/problems.ts'
import { toPage, pageRequest } from '../schemas/page.ts'
import { newProfile, profileParams, profileView } from '../schemas/profile.ts'
import {
  createProfile,
  deleteProfile,
  listProfiles,
  readProfileById,
  updateProfile,
} from '../services/profiles.ts'

const tags = ['profiles']

const list = {
  tags,
  operationId: 'listProfiles',
  summary: 'List profiles by name',
  querystring: pageRequest,
  response: { 200: toPage(profileView), ...problemResponses },
}
const read = {
  tags,
  operationId: 'readProfile',
  summary: 'Read a profile',
  params: profileParams,
  response: { 200: profileView, ...problemResponses },
}
const create = {
  tags,
  operationId: 'createProfile',
  summary: 'Create a custom profile',
  body: newProfile,
  response: { 201: profileView, ...problemResponses },
}
const update = {
  tags,
  operationId: 'updateProfile',
  summary: 'Replace a custom profile',
  params: profileParams,
  body: newProfile,
  response: { 200: profileView, ...problemResponses },
}
const remove = {
  tags,
  operationId: 'deleteProfile',
  summary: 'Delete a custom profile; what was extracted with it stays',
  params: profileParams,
  response: { 204: z.null().describe('It is gone.'), ...problemResponses },
}

export const profileRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, { database }) => {
  app.get('/profiles', { schema: list }, ({ query }) => listProfiles(database, query))
  app.get('/profiles/:profile_id', { schema: read }, ({ params }) =>
    readProfileById(database, params.profile_id),
  )
  app.post('/profiles', { schema: create }, async ({ body }, reply) =>
    reply.code(201).send(await createProfile(database, body)),
  )
  app.put('/profiles/:profile_id', { schema: update }, ({ params, body }) =>
    updateProfile(database, params.profile_id, body),
  )
  app.delete('/profiles/:profile_id', { schema: remove }, async ({ params }, reply) => {
    await deleteProfile(database, params.profile_id)
    return reply.code(204).send(null)
  })
}
