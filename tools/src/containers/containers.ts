import { parse } from 'yaml'
import { z } from 'zod'
import { faultsOfDockerfile, readDockerfile } from './dockerfile.ts'
import { faultsOfCommand, type Repository } from './repository.ts'

/** What docker-compose.yml, the Dockerfiles and .env.example name that is not there, a line each. */
export function findFaults(repository: Repository): string[] {
  const source = repository.read('docker-compose.yml')
  const compose = composeFile.parse(parse(source, { merge: true }))
  const built = Object.values(compose.services).flatMap(({ build }) => build?.dockerfile ?? [])
  const dockerfiles = [...new Set(built)].filter((path) => repository.exists(path))
  return [
    ...dockerfiles.flatMap((path) => faultsOfDockerfile(repository, path)),
    ...Object.entries(compose.services).flatMap(([name, service]) =>
      faultsOfService(repository, compose, service).map((fault) => `${name}: ${fault}`),
    ),
    ...faultsOfVariables(source, repository.read('.env.example')),
  ]
}

const service = z.object({
  image: z.string(),
  build: z
    .object({
      dockerfile: z.string(),
      target: z.string().optional(),
      args: z.record(z.string(), z.string()),
    })
    .optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.coerce.string()),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
})
const composeFile = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
})
type Service = z.output<typeof service>
type Compose = z.output<typeof composeFile>

function faultsOfService(repository: Repository, compose: Compose, one: Service): string[] {
  const dependencies = Object.keys(one.depends_on).filter((name) => !compose.services[name])
  const volumes = one.volumes.filter((volume) => !((volume.split(':')[0] ?? '') in compose.volumes))
  const port = one.ports
    .map((port) => port.split(':').at(-1))
    .find((port) => port !== one.environment['PORT'])
  return [
    ...dependencies.map((name) => `depends on ${name}, which is no service`),
    ...volumes.map((volume) => `mounts ${volume}, which is no volume`),
    ...(port ? [`publishes ${port}, where nothing listens`] : []),
    ...(/^postgres:(1[89]|[2-9]\d)$/.test(one.image) &&
    !one.volumes.some((v) => v.endsWith(':/var/lib/postgresql'))
      ? [`${one.image} keeps its data below /var/lib/postgresql`]
      : []),
    ...(one.build ? faultsOfBuild(repository, one, one.build) : []),
  ]
}

function faultsOfBuild(
  repository: Repository,
  one: Service,
  build: NonNullable<Service['build']>,
): string[] {
  if (!repository.exists(build.dockerfile)) return [`there is no ${build.dockerfile}`]
  const { stages, args, command: ownCommand } = readDockerfile(repository.read(build.dockerfile))
  const app = build.dockerfile.split('/')[1] ?? ''
  return [
    ...(build.target && !stages.includes(build.target)
      ? [`there is no stage ${build.target}`]
      : []),
    ...Object.keys(build.args)
      .filter((arg) => !args.includes(arg))
      .map((arg) => `there is no ARG ${arg}`),
    ...faultsOfCommand(repository, one.command ?? ownCommand),
    ...Object.keys(one.environment)
      .filter((name) => !isRead(repository, app, name))
      .map((name) => `sets ${name}, which ${app} does not read`),
  ]
}

function isRead({ read, exists }: Repository, app: string, name: string): boolean {
  const file = app === 'migrate' ? 'packages/migrator/src/cli/env.ts' : `apps/${app}/src/env.ts`
  // The service lists its variables, the others read them one by one.
  return exists(file) && new RegExp(String.raw`^  ${name}: |\benv\.${name}\b`, 'm').test(read(file))
}

function faultsOfVariables(compose: string, example: string): string[] {
  const used = new Set([...compose.matchAll(/\$\{(\w+)/g)].map(([, name]) => name ?? ''))
  const offered = new Set([...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name ?? ''))
  return [
    ...[...used.difference(offered)].map((name) => `.env.example does not name ${name}`),
    ...[...offered.difference(used)].map(
      (name) => `.env.example names ${name}, which nothing uses`,
    ),
  ]
}
