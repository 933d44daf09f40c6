import { go, printRoute } from '../route.ts'
import { useApi } from './session.ts'
import { useAction } from './use-action.ts'

/** Starts a job of a project, and goes to it. */
export function useJobStart(project: string, type: string) {
  const api = useApi()
  const { run, isBusy, refusal } = useAction()
  const start = (asked: object) =>
    run(async () => {
      const path = `/projects/${project}/${type}`
      const { job_id: job } = await api.post<{ job_id: string }>(path, asked)
      go(printRoute(['jobs', job]))
    })
  return { start, isBusy, refusal }
}
