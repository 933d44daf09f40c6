import { expect, test } from 'vitest'
import { findFaults } from './containers.ts'
import { openRepository } from './repository.ts'

const repository = openRepository()

test('the containers name nothing that is not there', () => {
  expect(findFaults(repository)).toEqual([])
})

const COMPOSE = 'docker-compose.yml'
const PIPELINE = 'apps/pipeline/Dockerfile'
const MIGRATE = 'apps/migrate/Dockerfile'

test.each([
  [
    COMPOSE,
    'dockerfile: apps/pipeline/Dockerfile',
    'dockerfile: apps/pipe/Dockerfile',
    'apps/pipe/Dockerfile',
  ],
  [
    COMPOSE,
    '[pnpm, --filter, migrate, start]',
    '[pnpm, --filter, migrate, begin]',
    'no script begin',
  ],
  [
    COMPOSE,
    '[pnpm, --filter, migrate, start]',
    '[pnpm, --filter, migrator, start]',
    'no package migrator',
  ],
  [COMPOSE, 'main.js, grant', 'main.js, allow', 'no command allow'],
  [
    COMPOSE,
    'node, apps/migrate/code/main.js',
    'node, apps/migrate/main.js',
    'no apps/migrate/main.js',
  ],
  [COMPOSE, '      NODE_IMAGE: ', '      NODE: ', 'no ARG NODE'],
  [COMPOSE, 'context: .\n', 'context: .\n    target: slim\n', 'no stage slim'],
  [COMPOSE, 'LOG_LEVEL: ', 'LOGLEVEL: ', 'sets LOGLEVEL, which pipeline'],
  [COMPOSE, 'MIGRATE_ROLE_PASSWORD: ', 'ROLE_PASSWORD: ', 'sets ROLE_PASSWORD, which migrate'],
  [COMPOSE, '${API_KEY', '${KEY', '.env.example does not name KEY'],
  [COMPOSE, ':/var/lib/postgresql\n', ':/var/lib/postgresql/data\n', 'keeps its data below'],
  [COMPOSE, '- database:', '- data:', 'which is no volume'],
  [COMPOSE, '      grant:\n', '      granted:\n', 'which is no service'],
  [COMPOSE, '- ${PORTS:-8000}:8000', '- ${PORTS:-8000}:80', 'publishes 80'],
  ['.env.example', 'LOG_LEVEL=', 'LEVEL=', 'names LEVEL, which nothing uses'],
  ['apps/migrate/package.json', '"start":', '"begin":', 'no script start'],
  [
    PIPELINE,
    'COPY packages/db packages/db',
    'COPY packages/data packages/db',
    'no packages/data to copy',
  ],
  [PIPELINE, 'COPY packages/db packages/db\n', '', 'does not copy packages/db'],
  [
    PIPELINE,
    'COPY packages/db packages/db',
    '$&\nCOPY packages/postgres packages/postgres',
    'copies packages/postgres',
  ],
  [PIPELINE, '--from=dependencies', '--from=deps', 'no stage deps'],
  [PIPELINE, 'apps/pipeline/src/main.ts', 'apps/pipeline/main.ts', 'no apps/pipeline/main.ts'],
  [PIPELINE, '--filter pipeline...', '--filter pipe...', 'no package pipe'],
  [PIPELINE, 'USER 1000:1000\n', '', 'runs as root'],
  [PIPELINE, 'RUN pnpm', 'RUN --mount=type=cache,target=/root pnpm', 'builder of its own'],
  [MIGRATE, 'FROM pnpm AS', 'FROM npm AS', 'no stage npm'],
  [MIGRATE, 'ARG NODE_IMAGE', 'ARG NODE', 'no ARG NODE_IMAGE'],
  [MIGRATE, 'main.js", "start"', 'main.js", "run"', 'no command run'],
  [MIGRATE, '--from=bundle', '--from=bundled', 'no stage bundled'],
])('finds out when in %s %j becomes %j', (path, from, to, fault) => {
  const source = repository.read(path)
  expect(source).toContain(from)
  const changed = openRepository({ [path]: source.replace(from, to) })
  expect(findFaults(changed).join('\n')).toContain(fault)
})
