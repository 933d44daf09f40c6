import type { Package, Repository } from './repository.ts'

/** Commands of pnpm itself that a document may name. */
const PNPM_COMMANDS = new Set(['add', 'exec', 'install', 'why'])

/** Variables that other programs read, awk among them. */
const FOREIGN_VARIABLES = new Set(['CI', 'DO_NOT_TRACK', 'NF', 'NODE_IMAGE', 'NO_COLOR', 'TMPDIR'])

const ASSIGNMENT = /^(?:export )?([A-Z][A-Z0-9_]*)=('[^']*'|"[^"]*"|\S*)\s*/

/** What does not exist of a shell command: its script, task, program, option or variables. */
export function checkCommand(line: string, repository: Repository): string[] {
  const used = [...line.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name)
  return [
    ...used.flatMap((name) => checkVariable(name, repository)),
    ...line.split(/\s*(?:&&|\|\|?|;)\s*/).flatMap((command) => checkSimple(command, repository)),
  ]
}

/** Whether some program of this repository, or one that it uses, reads the variable. */
export function isKnownVariable(name: string, { environment }: Repository): boolean {
  return FOREIGN_VARIABLES.has(name) || new RegExp(`\\b${name}\\b`).test(environment)
}

function checkSimple(command: string, repository: Repository): string[] {
  const assignment = ASSIGNMENT.exec(command)
  if (assignment) {
    const [whole, name = ''] = assignment
    return [
      ...checkVariable(name, repository),
      ...checkSimple(command.slice(whole.length), repository),
    ]
  }
  const [program = '', ...args] = command.split(/\s+/)
  if (program === 'npx') return checkNpx(args, repository)
  if (program === 'pnpm') return checkPnpm(args, repository)
  if (program === 'migrate') return checkMigrate(args, repository)
  if (program === 'turbo') return checkTurbo(args, repository)
  if (program === 'node') return checkNode(args)
  return []
}

/** The Node that a reader has may be older than the one that pnpm brings, which alone runs TypeScript. */
function checkNode([file = '']: readonly string[]): string[] {
  return file.endsWith('.ts') ? [`node ${file} needs the Node that pnpm brings: name a script`] : []
}

function checkVariable(name: string, repository: Repository): string[] {
  return isKnownVariable(name, repository) ? [] : [`no program reads ${name}`]
}

/** pnpm need not be installed: npx brings the version that package.json asks for. */
function checkNpx(args: readonly string[], repository: Repository): string[] {
  const [yes, program = '', ...rest] = args
  if (yes === '@techfacts/migrator') return checkMigrate([program, ...rest], repository)
  if (yes !== '-y' || !/^pnpm@12(\.|$)/.test(program))
    return [`npx ${args.join(' ')} is not npx -y pnpm@12`]
  return checkPnpm(rest, repository)
}

function checkPnpm(args: readonly string[], repository: Repository): string[] {
  const [first = '', second = '', ...rest] = args
  if (first === '--filter') {
    const chosen = repository.packages.find(({ name }) => name === second)
    return chosen ? checkScript(rest, chosen, repository) : [`no package ${second}`]
  }
  return checkScript(args, repository.root, repository)
}

function checkScript(args: readonly string[], owner: Package, repository: Repository): string[] {
  const [script = '', ...rest] = args[0] === 'run' ? args.slice(1) : args
  if (PNPM_COMMANDS.has(script) || isPlaceholder(script)) return []
  if (!(script in owner.scripts)) return [`${owner.name} has no script ${script}`]
  return script === 'migrate' ? checkMigrate(rest, repository) : []
}

function checkMigrate(args: readonly string[], { migrateHelp }: Repository): string[] {
  const command = args.find((arg) => !arg.startsWith('-')) ?? ''
  const options = args.flatMap((arg) => /^--[\w-]+/.exec(arg) ?? [])
  const isCommand =
    isPlaceholder(command) || new RegExp(`^ {2}${command}\\b`, 'm').test(migrateHelp)
  return [
    ...(isCommand ? [] : [`migrate has no command ${command}`]),
    ...options
      .filter((option) => !new RegExp(`${option}(?![\\w-])`).test(migrateHelp))
      .map((option) => `migrate has no option ${option}`),
  ]
}

function checkTurbo([run, ...args]: readonly string[], repository: Repository): string[] {
  const { tasks, root } = repository
  const packages = repository.packages.filter((each) => each !== root) // turbo would call itself
  if (run !== 'run') return [`turbo ${run} is not turbo run`]
  return args
    .filter((arg) => !arg.startsWith('-'))
    .filter((task) => !tasks.includes(task) || !packages.some(({ scripts }) => task in scripts))
    .map((task) => `no turbo task ${task} that a package has as a script`)
}

function isPlaceholder(word: string): boolean {
  return word === '' || /^[<[…]/.test(word)
}
