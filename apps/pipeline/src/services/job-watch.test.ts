import { expect, test } from 'vitest'
import type { JobView } from '../schemas/job.ts'
import { watchJobs } from './job-watch.ts'

const job = (id: string, status: JobView['status']) => ({ id, status }) as JobView

test('any number of watchers costs one query at a time; each change is told once; nobody, nothing', async () => {
  let status: JobView['status'] = 'queued'
  let [underWay, most, reads] = [0, 0, 0]
  const read = async (ids: string[]) => {
    reads += 1
    most = Math.max(most, (underWay += 1))
    await Promise.resolve()
    underWay -= 1
    return ids.filter((id) => id !== 'gone').map((id) => job(id, status))
  }
  const watch = watchJobs(read, (error) => expect.fail(String(error)), 1)
  const heard: string[][] = Array.from({ length: 50 }, () => [])
  const ends = heard.map((one) =>
    watch.watch(job('a', 'queued'), (now) => one.push(now?.status ?? 'gone')),
  )
  const gone: unknown[] = []
  const endGone = watch.watch(job('gone', 'queued'), (now) => gone.push(now))
  for (const next of ['running', 'completed'] as const) {
    status = next
    await expect.poll(() => heard.every((one) => one.at(-1) === next)).toBe(true)
  }
  expect(new Set(heard.map((one) => one.join()))).toEqual(new Set(['running,completed']))
  expect(gone).toEqual([undefined])
  expect(most).toBe(1)
  for (const end of [...ends, endGone]) end()
  await expect.poll(() => idle(() => reads)).toBe(true)
  await watch.stop()
})

test('a query that fails is told of, and the next one follows', async () => {
  let reads = 0
  const errors: unknown[] = []
  const read = async () => {
    reads += 1
    if (reads < 3) throw new Error('no database')
    return [job('a', 'running')]
  }
  const watch = watchJobs(read, (error) => errors.push(error), 1)
  const heard: unknown[] = []
  watch.watch(job('a', 'queued'), (now) => heard.push(now?.status))
  await expect.poll(() => heard).toEqual(['running'])
  expect(errors).toHaveLength(2)
  await watch.stop()
})

/** Whether nothing is counted any more. */
async function idle(count: () => number): Promise<boolean> {
  const before = count()
  await new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
  return count() === before
}
