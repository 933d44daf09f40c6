import { Session } from 'node:inspector/promises'

/** Where the source of a function is, as `url:line:column`: what tells functions of one text in two files apart. */
export async function definedAt(asked: (...given: never[]) => unknown): Promise<string> {
  const inspector = new Session()
  inspector.connect()
  try {
    const urls = new Map<string, string>()
    inspector.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
    await inspector.post('Debugger.enable')
    Reflect.set(globalThis, NAME, asked)
    const { result } = await inspector.post('Runtime.evaluate', { expression: NAME })
    const { internalProperties = [] } = await inspector.post('Runtime.getProperties', {
      objectId: result.objectId ?? '',
    })
    const found = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')
    if (!found?.value)
      throw new Error(`${asked.name} is native or bound: nothing says where it is.`)
    const { scriptId, lineNumber, columnNumber } = found.value.value
    return `${urls.get(scriptId)}:${lineNumber}:${columnNumber}`
  } finally {
    Reflect.deleteProperty(globalThis, NAME)
    inspector.disconnect()
  }
}

const NAME = 'askedWhereItIsDefined'
