/**
 * The work can never succeed as it was asked for: trying it again changes nothing. A job that meets
 * one is `failed` at once, with this message as its error.
 */
export class PermanentError extends Error {
  readonly isPermanent = true
}
