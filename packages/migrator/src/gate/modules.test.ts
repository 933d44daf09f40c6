import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

// A service that asks the gate carries no driver, no parser and no ORM for it.
test('the gate loads no package, and of the engine only what quotes a name', () => {
  const modules = loadedBy(new URL('index.ts', import.meta.url))
  expect(modules).toContain('gate/judge-gate.ts')
  const others = modules.filter(
    (module) =>
      !/^(node:\w+|gate\/|errors\/|sql\/(quote-name|quote-literal|nul)\.ts|(database-state|journal\/names)\.ts)/.test(
        module,
      ),
  )
  expect(others).toEqual([])
})

/** What Node loads for a module: files of the engine by their path within it, anything else by its URL. */
function loadedBy(module: URL): string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    await import(${JSON.stringify(module.href)})
    console.log(JSON.stringify(urls))`
  const args = ['--input-type=module', '--eval', script]
  const urls: string[] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  const root = new URL('..', module).href
  return urls.map((url) => url.replace(root, ''))
}
