import { lstat, open, rm, type FileHandle } from 'node:fs/promises'

/**
 * Lends `work` a function that writes a text to a new file, which is opened before: a place that cannot be written is
 * refused before the work begins. Where `work` fails, there is no file. Throws what the file system refuses.
 */
export async function withFile<T>(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'w')
  try {
    return await work((text) => file.writeFile(text))
  } catch (error) {
    await removeUnwritten(path, file)
    throw error
  } finally {
    await file.close()
  }
}

/** A pipe or a device is not ours to remove, nor is a link, such as /dev/stdout: then what it leads to is left empty. */
async function removeUnwritten(path: string, file: FileHandle): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile() && found.ino === (await file.stat()).ino) await rm(path, { force: true })
}
