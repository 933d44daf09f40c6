import type { Client } from 'pg'

const told = new WeakMap<object, Map<string, string>>()

/** Listens to what the server says of itself at login, and whenever it changes. Called before the client connects. */
export function listenToParameters(client: Client): void {
  const parameters = new Map<string, string>()
  told.set(client, parameters)
  // The one place where pg hands them on.
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
  connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
    parameters.set(parameterName, parameterValue)
  })
}

/** `server_version`, `server_encoding`, `in_hot_standby`, …; a pooler may keep some to itself. */
export function serverParameters(client: object | undefined): ReadonlyMap<string, string> {
  return (client && told.get(client)) ?? new Map()
}

interface ParameterStatus {
  readonly parameterName: string
  readonly parameterValue: string
}
