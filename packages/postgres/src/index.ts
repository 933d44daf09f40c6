export type { Major } from './binaries.ts'
export { ServerInUseError } from './owner.ts'
export { type Server, type ServerOptions, startServer } from './server.ts'
