import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../root.ts'

/**
 * A folder of packages/db: its dependencies are those of a project on MikroORM, and it may import itself by its name.
 */
const HOME = join(ROOT, 'packages/db/.data')

/** An example need not use all that it names. */
const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.base.json'),
  compilerOptions: { noUnusedLocals: false },
  include: ['*.ts'],
}

export interface Snippet {
  readonly name: string
  readonly text: string
}

/** What the compiler says of TypeScript files, or nothing. */
export async function compile(snippets: readonly Snippet[]): Promise<string> {
  await mkdir(HOME, { recursive: true })
  const folder = await mkdtemp(join(HOME, 'snippets-'))
  try {
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    for (const { name, text } of snippets) await writeFile(join(folder, name), text)
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const arguments_ = [compiler, '--noEmit', '--pretty', 'false', '--project', folder]
    const { stdout } = await promisify(execFile)(process.execPath, arguments_).catch(
      (error: { stdout: string }) => error,
    )
    return stdout
  } finally {
    await rm(folder, { recursive: true })
  }
}
