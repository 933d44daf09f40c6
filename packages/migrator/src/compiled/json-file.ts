import { readFileSync } from 'node:fs'
import { failure } from '../errors/index.ts'

/**
 * Reads a text file; undefined where there is none. Throws FILE_UNUSABLE. In this thread: a thousand small files read by
 * Node's others leave 16 MiB in the allocators of these.
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw failure('FILE_UNUSABLE', { path, doing: 'reading', reason: code ?? '' }, error)
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
