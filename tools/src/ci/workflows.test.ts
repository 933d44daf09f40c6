import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseCommandLine } from '@techfacts/migrator/testing'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../root.ts'
import { findMigrateCalls, readGitlabLines, readSteps, type Workflow } from './workflows.ts'

const workflow: Workflow = parse(await readFile(join(ROOT, '.github/workflows/schema.yml'), 'utf8'))
const [, gitlab = ''] =
  /```yaml\n([^]*?)```/.exec(await readFile(join(ROOT, 'docs/ci.md'), 'utf8')) ?? []
const steps = readSteps(workflow)

describe('what CI runs of the command line', () => {
  test.each([
    ['GitHub', steps.map(({ run }) => run), ['check', 'lint', 'verify', 'verify']],
    ['GitLab', readGitlabLines(gitlab), ['check', 'lint', 'verify']],
  ] as const)('%s: each command is read as it is typed', async (_, lines, commands) => {
    const calls = findMigrateCalls(lines)
    expect(calls.map(([command]) => command)).toEqual(commands)
    for (const call of calls)
      expect(await parseCommandLine(call, 'migrate')).toMatchObject({ command: { name: call[0] } })
    const verify = calls.find(([command]) => command === 'verify')
    expect(await parseCommandLine(verify ?? [], 'migrate')).toMatchObject({
      flags: { previous: true, format: 'markdown', html: 'report/verify.html' },
    })
  })

  test('one that there is not would be noticed', async () => {
    await expect(parseCommandLine(['lint', '--format', 'xml'], 'migrate')).rejects.toThrow(/xml/)
  })

  test.each(steps)('$name: bash can read it', async ({ run }) => {
    const { stderr } = await promisify(execFile)('bash', ['-n', '-c', run])
    expect(stderr).toBe('')
  })
})

describe('what may be written', () => {
  test('the job that runs the code of a pull request may only read; no job has more than it needs', () => {
    const { verify, report } = workflow.jobs
    expect(workflow.permissions).toEqual({})
    expect(Object.keys(workflow.on)).toEqual(['pull_request'])
    expect(verify?.permissions).toEqual({ contents: 'read' })
    expect(report?.permissions).toEqual({
      actions: 'read',
      'pull-requests': 'write',
      'security-events': 'write',
    })
    // It has nothing of the pull request to run.
    expect(report?.steps.flatMap(({ uses = [] }) => uses)).not.toContainEqual(
      expect.stringContaining('checkout'),
    )
  })

  test.each([
    ['there is none', '', undefined, 'POST repos/o/r/issues/7/comments body=verdict'],
    ['there is one', '41\n42\n', undefined, 'PATCH repos/o/r/issues/comments/41 body=verdict'],
    [
      'verify has failed before it printed',
      '',
      '',
      'POST repos/o/r/issues/7/comments body=<!-- migrate verify --> ### ❌ verify did not run to its end: see the checks.',
    ],
  ])('the comment, where %s', async (_, ids, printed, asked) => {
    const folder = await mkdtemp(join(tmpdir(), 'comment-'))
    await writeFile(join(folder, 'verify.md'), printed ?? 'verdict')
    await writeFile(join(folder, 'gh'), GH)
    await chmod(join(folder, 'gh'), 0o755)
    const { run = '' } = steps.find(({ name }) => name === 'comment') ?? {}
    await promisify(execFile)('bash', ['-eo', 'pipefail', '-c', run], {
      cwd: folder,
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        IDS: ids,
        COMMENTS: 'repos/o/r/issues/7/comments',
        COMMENT: 'repos/o/r/issues/comments',
      },
    })
    expect((await readFile(join(folder, 'asked'), 'utf8')).trim()).toBe(asked)
    await rm(folder, { recursive: true })
  })
})

test('what is new is not counted from a branch of the fork that runs the pipeline', () => {
  expect(gitlab).not.toMatch(/FETCH_HEAD|origin/)
  expect(gitlab.match(/--(?:since|onto) "\$CI_MERGE_REQUEST_DIFF_BASE_SHA"/g)).toHaveLength(2)
})

test('on GitLab the token that may write is in no job that runs the code of a merge request', () => {
  const jobs: Record<string, { script: string[]; environment?: object }> = parse(gitlab)
  const [note, ...others] = Object.values(jobs).filter((job) =>
    JSON.stringify(job).includes('SCHEMA_TOKEN'),
  )
  expect(others).toEqual([])
  expect(note?.environment).toMatchObject({ name: 'schema-note' })
  expect(note?.script.join('\n')).not.toMatch(/npx|pnpm|node /)
})

test('where nothing was kept of the other job, an older comment does not stand', () => {
  const uses = workflow.jobs['report']?.steps.map((step) => JSON.stringify(step)) ?? []
  expect(uses.find((step) => step.includes('download-artifact'))).toContain(
    '"continue-on-error":true',
  )
  expect(uses.find((step) => step.includes('upload-sarif'))).toContain('hashFiles')
})

/** As much of GitHub's command line as the step uses. */
const GH = `#!/bin/bash
if [ "$2" = --paginate ]; then printf '%s' "$IDS"; exit; fi
echo "$4 $5 body=$(tr '\\n' ' ' < verify.md)" > asked
`
