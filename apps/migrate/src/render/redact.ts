/** A database URL as it may be shown: without its password. Anything else stays as it is. */
export function redact(source: string): string {
  if (!URL.canParse(source)) return source
  const url = new URL(source)
  if (url.password !== '') url.password = '***'
  if (url.searchParams.has('password')) url.searchParams.set('password', '***')
  return url.href
}
