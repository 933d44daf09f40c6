/**
 * How long `/healthz` takes while a document is read that was made to be slow, one for each rule:
 * `pnpm --filter pipeline bench:health`. The service runs in a process of its own, as it does in production.
 */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { asApplication } from './database.ts'
import { onServer } from './on-server.ts'
import { percentile } from './percentile.ts'
import { startProgram, untilReady, type Program } from './service.ts'

const LENGTH = 1_000_000
const EVERY_MS = 10
const GOAL_MS = 100

/** What is repeated to a megabyte. */
const PIECES = {
  'amounts, units and bounds': 'from 5 to 6 MB or 5 per ',
  prices: '$5 per user per ',
  versions: 'Java 8, Java 1.2.3-rc, ',
  dates: '3 May 2026-',
  certifications: 'ISO 27001 SOC 2 Type ',
  requirements: 'must requires API5 for ',
  bounds: 'not more than the limit of >= ',
  doubts: 'maybe about 5? ',
  'marks of markdown': '[a](*_`<a href="',
  tables: '|a|b|\n|-|-|\n|1|2|\n',
  'HTML in markdown': '<div>\n<td>&nbsp;',
}
/** A list item of many words and no full stop, again and again: 19 KB that once stopped a process for minutes. */
const LIST = `- 5 MB ${'word and '.repeat(100)}\n`.repeat(21)

async function measureAll(url: string): Promise<void> {
  const program = await startProgram(asApplication(url), { LOG_LEVEL: 'warn' })
  try {
    await untilReady(program)
    report('nothing', await measureUntil(program, sleep(3000)))
    await readAndMeasure(program, 'the list of 19 KB', LIST)
    for (const [name, piece] of Object.entries(PIECES))
      await readAndMeasure(program, name, piece.repeat(LENGTH / piece.length))
  } finally {
    await program.stop()
  }
}

async function readAndMeasure(program: Program, name: string, content: string): Promise<void> {
  const { body: project } = await program.call('/projects', { name })
  const path = `/projects/${project.id}`
  await program.call(`${path}/sources`, { uri: 'doc', source_group: 'docs', content })
  const { body } = await program.call(`${path}/extract`, { profile: 'general' })
  report(name, await measureUntil(program, waitForEnd(program, body.job_id)))
}

async function waitForEnd({ call }: Program, jobId: string): Promise<string> {
  for (;;) {
    const { body } = await call(`/jobs/${jobId}`)
    if (body.completed_at) return body.status as string
    await sleep(500)
  }
}

/** Asks every hundredth of a second, and returns how long each answer took. */
async function measureUntil({ base }: Program, end: Promise<unknown>) {
  const began = performance.now()
  const times: number[] = []
  const over = new AbortController()
  const status = end.finally(() => over.abort())
  while (!over.signal.aborted) {
    const asked = performance.now()
    await (await fetch(`${base}/healthz`)).text()
    times.push(performance.now() - asked)
    await sleep(EVERY_MS)
  }
  return { times, status: await status, seconds: (performance.now() - began) / 1000 }
}

function report(name: string, measured: Awaited<ReturnType<typeof measureUntil>>): void {
  const { times, status = 'idle', seconds } = measured
  const p99 = percentile(times, 0.99)
  console.log(
    `${name}: ${String(status)} in ${seconds.toFixed(1)} s, /healthz p50 ${percentile(times, 0.5).toFixed(1)} ms, ` +
      `p99 ${p99.toFixed(1)} ms${p99 > GOAL_MS ? `, above ${GOAL_MS} ms` : ''}, longest ${Math.max(...times).toFixed(1)} ms, ` +
      `${times.length} answers, load ${loadavg()[0]?.toFixed(1)}`,
  )
}

await onServer(measureAll)
