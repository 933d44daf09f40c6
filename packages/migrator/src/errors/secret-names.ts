export const MASKED_VALUE = '***'

/** What a key is for, or whose it is, where it is one that opens something. */
const KEYS =
  'access|account|aes|auth|aws|cipher|crypto|decryption|encryption|hmac|jwt|master|private|root|rsa|server|service|session|shared|signature|signing|ssh|ssl|tls|webhook'

/**
 * The names under which roles, user mappings, subscriptions, extensions and applications keep secrets. It is looked for from
 * the beginning of a word alone: from each letter of one, a value of 100,000 letters would take minutes.
 */
export const SECRET_NAME = String.raw`(?<!\w)\w*(?:passw(?:or)?d|pwd|passphrase|passcode|secret|token|credential|api[-_ ]?key|(?:${KEYS})[-_]?key|(?<=[._])pass\b|\bpass(?=["']?\s*=)|\bbearer\b)\w*`

/** Functions that are told a secret, and commands of a shell and headers of HTTP, which may be. */
const TAKES_SECRET = String.raw`\bauthorization\\?(?:["']|\s*[:=])|\bprogram\s*\\?'|\b(?:crypt|hmac|encrypt|decrypt|encrypt_iv|decrypt_iv|pgp_\w*crypt\w*)\s*\(`

const SPEAKS = new RegExp(`${SECRET_NAME}|${TAKES_SECRET}`, 'i')

/** What the masks of connection strings have read. */
const READ = new RegExp(String.raw`(?:${SECRET_NAME}|passfile)\s*=\s*\*\*\*(?=[\s'"&;]|$)`, 'gi')

/** True where a text speaks of a secret that has not been masked yet. */
export function speaksOfSecret(text: string): boolean {
  return SPEAKS.test(text.replaceAll(READ, ''))
}
