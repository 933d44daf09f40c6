import { tasks, type Input, type Output, type TaskName } from './tasks.ts'

/** What a thread runs: the file that the pool loads into each of its threads. */
export async function perform<Name extends TaskName>(call: {
  readonly name: Name
  readonly input: Input<Name>
}): Promise<Output<Name>> {
  const task = tasks[call.name] as (input: Input<Name>) => Output<Name> | Promise<Output<Name>>
  return task(call.input)
}
