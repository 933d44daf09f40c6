import { dirname, posix } from 'node:path'
import { read } from './repository.ts'

const ENGINE = 'packages/migrator'

/** A name that the engine exports. */
export interface PublicName {
  /** `@techfacts/migrator/catalog` */
  readonly from: string
  readonly name: string
  readonly kind: string
  /** Its TSDoc; undefined where it has none. */
  readonly comment: string | undefined
  /** The code below `@example`. */
  readonly example: string | undefined
}

/** Every name that an entry point of the engine exports, but for what tests of this repository use. */
export async function publicNames(): Promise<PublicName[]> {
  const { exports } = JSON.parse(await read(`${ENGINE}/package.json`)) as {
    exports: Record<string, string>
  }
  const entries = Object.entries(exports).filter(
    ([path, file]) => file.endsWith('.ts') && path !== './testing',
  )
  const names = entries.map(async ([path, file]) => {
    const from = posix.join('@techfacts/migrator', path)
    return readNames(posix.join(ENGINE, file), from)
  })
  return (await Promise.all(names)).flat()
}

const REEXPORT = /^export (?:type )?\{([^}]*)\} from '([^']+)'/gm
const DECLARATION =
  /^(\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export (?:async )?(function|interface|type|const|class) (\w+)/gm

/** Those of one file, with those that it exports again; `wanted` names some of them. */
async function readNames(
  file: string,
  from: string,
  wanted?: ReadonlySet<string>,
): Promise<PublicName[]> {
  const text = await read(file)
  const own = [...text.matchAll(DECLARATION)].map(([, comment, kind = '', name = '']) => {
    const example = comment && /@example\n([^]*?)(?=\n \*\/| \* @|\*\/)/.exec(comment)?.[1]
    return { from, name, kind, comment, example: example?.replaceAll(/^ \* ?/gm, '') }
  })
  const others = [...text.matchAll(REEXPORT)].map(async ([, list = '', path = '']) => {
    const names = list.split(',').map((one) => one.trim().replace(/^type /, ''))
    const chosen = names.filter((one) => one !== '' && (wanted?.has(one) ?? true))
    if (chosen.length === 0) return []
    return readNames(posix.join(dirname(file), path), from, new Set(chosen))
  })
  // The first overload of a function speaks for the others.
  const findFirst = ({ name }: PublicName) => own.find((one) => one.name === name)
  const found = own.filter((one) => findFirst(one) === one && (wanted?.has(one.name) ?? true))
  return [...found, ...(await Promise.all(others)).flat()]
}
