import { faultsOfCommand, type Repository } from './repository.ts'

type Instruction = { readonly word: string; readonly rest: string }

/** What a Dockerfile defines: its stages by name, its arguments, and what its image runs. */
export function readDockerfile(source: string) {
  const instructions = source
    .replace(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line): Instruction[] => {
      const [, word, rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
      return word ? [{ word, rest }] : []
    })
  const of = (word: string) =>
    instructions.filter((one) => one.word === word).map(({ rest }) => rest)
  return {
    instructions,
    stages: of('FROM').flatMap((rest) => / AS (\S+)$/.exec(rest)?.[1] ?? []),
    args: of('ARG').map((rest) => rest.split('=')[0] ?? ''),
    users: of('USER'),
    command: JSON.parse(of('CMD').at(-1) ?? '[]') as string[],
  }
}

/** What a Dockerfile names that is not there, or that not every builder knows. */
export function faultsOfDockerfile(repository: Repository, path: string): string[] {
  const source = repository.read(path)
  const { instructions, args, users, command } = readDockerfile(source)
  const variables = [...source.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '')
  return [
    ...variables.filter((name) => !args.includes(name)).map((name) => `there is no ARG ${name}`),
    ...faultsOfStages(instructions),
    ...faultsOfCopies(repository, instructions),
    ...faultsOfPackages(repository, source),
    ...faultsOfCommand(repository, command),
    ...(/^[1-9]\d*/.test(users.at(-1) ?? '') ? [] : ['it runs as root']),
    ...(/^# *syntax=|--mount=|<<\w/m.test(source) ? ['it needs a builder of its own'] : []),
  ].map((fault) => `${path}: ${fault}`)
}

function faultsOfStages(instructions: readonly Instruction[]): string[] {
  const known = new Set<string>()
  const faults: string[] = []
  for (const { word, rest } of instructions) {
    const [base = '', , name] = rest.split(/\s+/)
    const from = word === 'FROM' ? base : /--from=(\S+)/.exec(rest)?.[1]
    if (from && !from.startsWith('${') && !known.has(from)) faults.push(`there is no stage ${from}`)
    if (word === 'FROM' && name) known.add(name)
  }
  return faults
}

function faultsOfCopies({ exists }: Repository, instructions: readonly Instruction[]): string[] {
  return instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
    .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1))
    .filter((source) => !exists(source))
    .map((source) => `there is no ${source} to copy`)
}

/** The folders that are copied are those of the app and of what it depends on, and no other. */
function faultsOfPackages({ workspace }: Repository, whole: string): string[] {
  // A stage that installs a package without what it depends on builds files for the image: it is not in it.
  const stages = whole.split(/^(?=FROM )/m)
  const source = stages.filter((stage) => !/install .*--filter \S*[^.\s]$/m.test(stage)).join('')
  const [, app = ''] = /--filter (\S+)\.\.\./.exec(source) ?? []
  if (!workspace.has(app)) return [`there is no package ${app}`]
  const needed = new Set<string>()
  const queue = [app]
  for (const name of queue) {
    const found = workspace.get(name)
    if (!found || needed.has(found.folder)) continue
    needed.add(found.folder)
    queue.push(...Object.keys(found.dependencies))
  }
  const manifests = new Set(
    [...source.matchAll(/^COPY (\S+)\/package\.json /gm)].map(([, folder]) => folder ?? ''),
  )
  const folders = new Set(
    [...source.matchAll(/^COPY ((?:apps|packages)\/\w+) /gm)].map(([, folder]) => folder ?? ''),
  )
  return [manifests, folders].flatMap((copied) => [
    ...[...needed.difference(copied)].map((folder) => `it does not copy ${folder}`),
    ...[...copied.difference(needed)].map(
      (folder) => `it copies ${folder}, which ${app} does not need`,
    ),
  ])
}
