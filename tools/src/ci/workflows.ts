import { parse } from 'yaml'

/** A step of a job: a name, where it has one, and the lines of its shell. */
export interface ShellStep {
  readonly name: string
  readonly run: string
}

type Step = { readonly name?: string; readonly run?: string; readonly uses?: string }
type Job = {
  readonly steps: readonly Step[]
  readonly permissions: Readonly<Record<string, string>>
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: object
  readonly jobs: Readonly<Record<string, Job>>
}

/** The steps of all jobs of a workflow of GitHub that run something. */
export function readSteps({ jobs }: Workflow): ShellStep[] {
  return Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ name = '', run }) => (run === undefined ? [] : [{ name, run }])),
  )
}

/** The lines of a configuration of GitLab, of all its jobs. */
export function readGitlabLines(text: string): string[] {
  const jobs: Readonly<Record<string, { script: string[]; after_script?: string[] }>> = parse(text)
  return Object.values(jobs).flatMap(({ script, after_script: after = [] }) => [
    ...script,
    ...after,
  ])
}

/** What of shell lines is handed to the program `migrate`: its words, without quotes and redirections. */
export function findMigrateCalls(lines: readonly string[]): string[][] {
  return lines
    .flatMap((line) => line.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => /\bpnpm@12 migrate ([^>|]*)/.exec(line)?.[1] ?? [])
    .map((typed) =>
      typed
        .trim()
        .split(/\s+/)
        .map((word) => word.replaceAll('"', '')),
    )
}
