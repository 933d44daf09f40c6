import { p, raw } from '@mikro-orm/core'

/** The primary key that every table but `rate_limits` has: a UUID made by the server. */
export const id = () => p.uuid().primary().defaultRaw('gen_random_uuid()')

/** A moment, with the server's full microsecond precision (MikroORM's own default would be whole seconds). */
export const moment = () => p.datetime().columnType('timestamptz')

/** When the row was made, by the server's clock. */
export const createdAt = () => moment().defaultRaw('now()')

/**
 * When the row was last changed: MikroORM moves it on every update that it flushes, by the server's clock like the default
 * (an app's clock may be behind). There is no trigger.
 */
export const updatedAt = () =>
  moment()
    .defaultRaw('now()')
    .onUpdate(() => raw<Date>('clock_timestamp()'))
