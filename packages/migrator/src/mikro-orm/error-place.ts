import { fileURLToPath } from 'node:url'

/** `/srv/app/page.ts:12`: where in a file of the project an error comes from, as far as its stack tells. */
export function placeOf({ stack = '' }: Error): string | undefined {
  for (const [, url, path, line] of stack.matchAll(
    /(?:(file:\/\/\/[^\s()]+?\.[cm]?[jt]s)|(\/[^\n()]+?\.[cm]?[jt]s)):(\d+)/g,
  )) {
    const file = url === undefined ? path : fileURLToPath(url)
    if (file !== undefined && !file.includes('node_modules')) return `${file}:${line}`
  }
  return undefined
}
