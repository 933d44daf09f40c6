import { p } from '@mikro-orm/core'

/** The primary key that every table but `rate_limits` has: a UUID made by the server. */
export const id = () => p.uuid().primary().defaultRaw('gen_random_uuid()')

/** A moment, with the server's full microsecond precision (MikroORM's own default would be whole seconds). */
export const moment = () => p.datetime().columnType('timestamptz')

/** When the row was made, by the server's clock. */
export const createdAt = () => moment().defaultRaw('now()')

/** When the row was last changed: MikroORM moves it on every update that it flushes; there is no trigger. */
export const updatedAt = () =>
  moment()
    .defaultRaw('now()')
    .onUpdate(() => new Date())
