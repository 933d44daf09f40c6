import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { failure } from '../errors/index.ts'

/** PostgreSQL's own numbers: https://www.postgresql.org/docs/18/runtime-config-connection.html#GUC-SCRAM-ITERATIONS */
const ITERATIONS = 4096
const SALT_BYTES = 16

/** What SASLprep leaves as it is (RFC 4013), so that every client makes the same key of it. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/

/**
 * What PostgreSQL stores of a password (RFC 5803), made here, so that the password itself is in no statement and no log
 * of the server. https://www.postgresql.org/docs/18/catalog-pg-authid.html
 * Throws PASSWORD_UNUSABLE.
 */
export async function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(SALT_BYTES),
): Promise<string> {
  if (!PRINTABLE_ASCII.test(password)) throw failure('PASSWORD_UNUSABLE')
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, 32, 'sha256')
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  const server = keyOf('Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`
}
