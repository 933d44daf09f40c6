import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '../errors/index.ts'
import type { CompiledMigration } from './compiled.ts'
import { isObject, readText } from './json-file.ts'

const FORMAT = 1

export function compiledPath(folder: string, migration: string): string {
  return join(folder, `${migration}.json`)
}

/** Reads a compiled migration; undefined where there is none. Throws COMPILED_UNREADABLE. */
export async function readCompiled(
  folder: string,
  migration: string,
): Promise<CompiledMigration | undefined> {
  const path = compiledPath(folder, migration)
  const text = await readText(path)
  return text === undefined ? undefined : parse(path, text)
}

/**
 * Writes a compiled migration, one statement and one object a line, so that a difference can be read. One that says the
 * same stays as it is. Throws FILE_UNUSABLE where another file has its name.
 */
export async function writeCompiled(
  folder: string,
  name: string,
  { migration, analysis, catalog }: CompiledMigration,
): Promise<void> {
  const path = compiledPath(folder, name)
  const text = `${layOut({ format: FORMAT, migration, analysis, catalog })}\n`
  const found = await readText(path)
  if (found === text) return
  if (found !== undefined) refuseForeign(path, found)
  await writeFile(path, text)
}

export async function removeCompiled(folder: string, name: string): Promise<void> {
  const path = compiledPath(folder, name)
  const found = await readText(path)
  if (found !== undefined && isOurs(found)) await rm(path)
}

/** A merge may have left its conflict in it. */
function isOurs(text: string): boolean {
  return /^(?:<{7}[^\n]*\n)?\{\s*"format": \d+,\s*"migration": \{/.test(text)
}

function refuseForeign(path: string, text: string): void {
  if (isOurs(text)) return
  const reason = 'the compiled migration has this name, and the file is none; give it another name'
  throw failure('FILE_UNUSABLE', { path, doing: 'writing', reason })
}

function parse(path: string, text: string): CompiledMigration {
  const unreadable = (reason: string, cause?: unknown) =>
    failure('COMPILED_UNREADABLE', { path, reason }, cause)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unreadable('it is not JSON', error)
  }
  if (!isObject(value)) throw unreadable('it is not a JSON object')
  const { format, ...compiled } = value
  if (format !== FORMAT) throw unreadable('this version does not know its form (format)')
  const { migration, analysis, catalog } = compiled
  if (!isObject(migration) || !isObject(analysis)) throw unreadable('a part of it is missing')
  if (catalog !== null && !isDelta(catalog)) throw unreadable('its catalog is not a delta')
  return compiled as unknown as CompiledMigration
}

function isDelta(value: unknown): boolean {
  if (!isObject(value) || typeof value.fingerprint !== 'string') return false
  const { added, removed, changed } = value
  const lists = [added, removed, changed]
  if (!lists.every((list) => Array.isArray(list) && list.every(isObject))) return false
  return (changed as unknown[]).every(
    (one) => isObject(one) && isObject(one.from) && isObject(one.to),
  )
}

/** JSON whose third level, the statements and the objects of the catalog, has a line for each. */
function layOut(value: unknown, level = 0): string {
  const items = Array.isArray(value)
    ? value.map((item) => layOut(item, level + 1))
    : isObject(value)
      ? Object.entries(value).map(
          ([key, item]) => `${JSON.stringify(key)}: ${layOut(item, level + 1)}`,
        )
      : []
  if (level === 3 || items.length === 0) return JSON.stringify(value)
  const indent = '  '.repeat(level)
  const lines = items.map((item) => `${indent}  ${item}`).join(',\n')
  return Array.isArray(value) ? `[\n${lines}\n${indent}]` : `{\n${lines}\n${indent}}`
}
