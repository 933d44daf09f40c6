export * from './entities.ts'
export type { JsonObject } from './json.ts'
export { ormOptions } from './orm-options.ts'
