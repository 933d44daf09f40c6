export const MASKED_VALUE = '***'

/** The names under which roles, user mappings, subscriptions, extensions and applications keep secrets. */
export const SECRET_NAME = String.raw`\w*(?:passw(?:or)?d|pwd|passphrase|passcode|secret|token|credential|api[-_ ]?key|access[-_]?key|private[-_]?key|(?<=[._])pass\b|\bpass(?=["']?\s*=)|\bbearer\b)\w*`

/** Functions that are told a secret, and commands of a shell, which may be. */
const TAKES_SECRET = String.raw`\bprogram\s*\\?'|\b(?:crypt|hmac|encrypt|decrypt|encrypt_iv|decrypt_iv|pgp_\w*crypt\w*)\s*\(`

const SPEAKS = new RegExp(`${SECRET_NAME}|${TAKES_SECRET}`, 'i')

/** What the masks of connection strings have read. */
const READ = new RegExp(String.raw`(?:${SECRET_NAME}|passfile)\s*=\s*\*\*\*(?=[\s'"&;]|$)`, 'gi')

/** True where a text speaks of a secret that has not been masked yet. */
export function speaksOfSecret(text: string): boolean {
  return SPEAKS.test(text.replaceAll(READ, ''))
}
