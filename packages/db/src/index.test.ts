import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

test('an app that imports the entities carries of the migrator the gate, no migration and no seeder', () => {
  const modules = importedBy(new URL('index.ts', import.meta.url))
  expect(modules).toContainEqual(expect.stringContaining('/entities/project.ts'))
  const forbidden =
    /@mikro-orm\/(migrations|seeder|cli)|libpg-query|\/packages\/migrator\/src\/(?!gate|errors|database-state|journal\/names|sql\/(quote-(name|literal)|nul))|\/(migrations|seeders)\//
  expect(modules.filter((module) => forbidden.test(module))).toEqual([])
})

/** The URLs of all modules that Node loads for one. */
function importedBy(module: URL): string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    await import(${JSON.stringify(module.href)})
    console.log(JSON.stringify(urls))`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }),
  )
}
