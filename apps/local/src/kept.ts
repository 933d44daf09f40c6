import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** How the API of a start is reached. */
export type Access = { readonly apiKey: string; readonly port: number }

/**
 * Reads the key and the port of the previous start, so that what was pasted then still works; what is given now takes
 * precedence. `file` is next to the data.
 */
export async function readAccess(
  file: string,
  given: { readonly apiKey: string | undefined; readonly port: number | undefined },
): Promise<Access> {
  const { apiKey, port } = await readKept(file)
  return {
    apiKey: given.apiKey ?? apiKey ?? randomBytes(24).toString('base64url'),
    port: given.port ?? port ?? 8000,
  }
}

/** Keeps it for the next start. Only the user may read it, since the key is in it. */
export async function keepAccess(file: string, access: Access): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(access)}\n`, { mode: 0o600 })
  await rename(draft, file)
}

/** A damaged file counts as none. */
async function readKept(file: string): Promise<Partial<Access>> {
  try {
    const { apiKey, port } = JSON.parse(await readFile(file, 'utf8'))
    return {
      ...(typeof apiKey === 'string' && apiKey.length >= 16 && { apiKey }),
      ...(Number.isInteger(port) && port > 0 && port < 65_536 && { port }),
    }
  } catch {
    return {}
  }
}
