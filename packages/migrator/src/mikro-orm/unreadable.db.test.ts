import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MigratorError } from '../errors/index.ts'
import { hashProject } from '../project/hash.ts'
import { fileOf, fileProject } from './tests/drop-in.ts'

/** A file of migrations that cannot be read is named, with what is the matter and what to do, in one line. */

const withUp = (body: string, head = '') => `
import { Migration } from '@mikro-orm/migrations'
${head}
export class Migration1 extends Migration {
  override up() { ${body} }
}`

const good = fileOf('1', 'select 1', 'select 1')

async function refusal(write: (folder: string) => Promise<void>): Promise<MigratorError> {
  const { folder, project } = await fileProject()
  await write(join(folder, 'migrations'))
  const error: unknown = await hashProject(project).then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof MigratorError)) throw new Error(`It was taken: ${String(error)}`)
  return error
}

const CASES: Readonly<Record<string, [string | Buffer, RegExp]>> = {
  'addSql(undefined)': [withUp('this.addSql(undefined as never)'), /addSql\(\) is given undefined/],
  'addSql(null)': [withUp('this.addSql(null as never)'), /addSql\(\) is given null/],
  'addSql of a number': [withUp('this.addSql(7 as never)'), /addSql\(\) is given 7/],
  'addSql of an object': [withUp('this.addSql({} as never)'), /addSql\(\) is given \{\}/],
  'an up() that throws an error': [
    withUp(`throw new Error('one\\ntwo')`),
    /throws: one two\. Correct/,
  ],
  'an up() that throws a string': [withUp(`throw 'plain'`), /throws: 'plain'/],
  'an up() that throws nothing': [withUp('throw undefined'), /throws: undefined/],
  'an up() that throws an object': [withUp('throw { a: 1 }'), /throws: \{ a: 1 \}/],
  'an import that is missing': [
    withUp('', `import 'no-such-package'`),
    /cannot be imported \(.*no-such-package.*install what it imports/,
  ],
  'an import that throws': [
    withUp('', `throw new Error('at once')`),
    /cannot be imported \(at once\)/,
  ],
  'UTF-16, little end first': [Buffer.from(`\uFEFF${good}`, 'utf16le'), /UTF-16.*Save it as UTF-8/],
  'UTF-16, big end first': [Buffer.from(`\uFEFF${good}`, 'utf16le').swap16(), /UTF-16/],
}

test.each(Object.entries(CASES))('%s', async (_, [text, message]) => {
  const error = await refusal((folder) => writeFile(join(folder, 'Migration1.ts'), text))
  expect(error).toMatchObject({ code: 'MIGRATION_UNREADABLE', exit: 2 })
  expect(error.message).toMatch(message)
  expect(error.message).toContain('Migration1')
  expect(error.message).not.toContain('\n')
})

test('a symbolic link that leads nowhere', async () => {
  const error = await refusal(async (folder) => {
    await writeFile(join(folder, 'Migration1.ts'), good)
    await symlink('/nonexistent', join(folder, 'Migration2.ts'))
  })
  expect(error).toMatchObject({
    code: 'FILE_UNUSABLE',
    exit: 2,
    message: expect.stringMatching(/Migration2\.ts cannot be used \(.*leads nowhere\)/),
  })
})
