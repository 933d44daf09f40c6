import { readFile } from 'node:fs/promises'
import { failure } from '../errors/index.ts'

/** Reads a text file; undefined where there is none. Throws FILE_UNUSABLE. */
export async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw failure('FILE_UNUSABLE', { path, doing: 'reading', reason: error.code ?? '' }, error)
  })
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
