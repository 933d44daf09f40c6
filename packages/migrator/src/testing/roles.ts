import { randomBytes } from 'node:crypto'
import { query } from './query.ts'

/** A role of a test's own: roles belong to the server, and tests of one server run side by side. */
export interface TestRole {
  readonly name: string
  /** The test's database, as this role. */
  readonly url: string
  drop(): Promise<void>
}

/** Makes a role that may log in, with the attributes that are given, and nothing else. */
export async function createRole(url: string, attributes = ''): Promise<TestRole> {
  const name = `role_${randomBytes(6).toString('hex')}`
  await query(url, `create role ${name} login password 'secret' ${attributes}`)
  const own = new URL(url)
  own.username = name
  own.password = 'secret'
  const drop = async () => {
    await query(url, `drop owned by ${name} cascade; drop role ${name}`)
  }
  return { name, url: own.href, drop }
}
