import { outputSchema, type Schema } from './output-schema.ts'
import { code, page, table } from './page.ts'

/** docs/json.md: what each command prints with `--json`, type by type, as its schema has it. */
export async function jsonPage(): Promise<string> {
  const { properties = {}, $defs } = outputSchema()
  const documented = Object.entries($defs).filter(
    ([name]) => !isObjectOfCatalog(name) && !(name in ELSEWHERE),
  )
  return page(
    'What `--json` prints',
    INTRODUCTION,
    table(
      'command',
      ['prints'],
      Object.entries(properties).map(([command, one]) => [code(command), showType(one)]),
    ),
    ...documented.toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(section),
  )
}

const INTRODUCTION = `Every command takes \`--json\`. Its result is one line on standard output; on standard error is nothing. A command that fails prints an
[ErrorOutput](#erroroutput) in its place, and its exit code is the same as without \`--json\`. No password is in any of them, but rows may be: PostgreSQL's
DETAIL quotes them.

The package has all of this as a JSON schema (2020-12), made from the types of the commands: \`@techfacts/migrator/output.schema.json\`. The output of \`status\`
is \`#/properties/status\` in it, that of \`archive list\` is \`#/properties/archive%20list\`. A property that is not in the schema is not printed.`

/** Types that a page of their own lists. */
const ELSEWHERE: Readonly<Record<string, string>> = { ErrorCode: 'errors.md' }

/** The objects of a catalog have a property for each property of PostgreSQL's: the schema has them. */
function isObjectOfCatalog(name: string): boolean {
  return name.startsWith('ObjectOf-')
}

function section([name, schema]: [string, Schema]): string[] {
  const heading = `## ${name}`
  const about = schema.description === undefined ? [] : [schema.description]
  const { properties, anyOf } = schema
  if (properties) return [heading, ...about, members(schema)]
  if (!anyOf?.some((one) => one.properties)) return [heading, ...about, `${showType(schema)}.`]
  const choices = anyOf.map((one) => (one.properties ? members(one) : `${showType(one)}.`))
  return [heading, ...about, 'One of:', ...choices]
}

function members({ properties = {}, required = [] }: Schema): string {
  return table(
    'property',
    ['type', 'meaning'],
    Object.entries(properties).map(([name, one]) => [
      code(name),
      `${showType(one)}${required.includes(name) ? '' : ', or absent'}`,
      one.description?.replaceAll(/\s*\n\s*/g, ' ') ?? '',
    ]),
  )
}

/** A type in a few words; `RunResult` is a link. */
function showType(schema: Schema): string {
  const { $ref, anyOf, items, properties, type } = schema
  if ($ref !== undefined) {
    const name = $ref.replace('#/$defs/', '')
    return isObjectOfCatalog(name)
      ? code(name)
      : `[${name}](${ELSEWHERE[name] ?? `#${name.toLowerCase()}`})`
  }
  if (anyOf) return anyOf.map(showType).join(' or ')
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum) return schema.enum.map((one) => code(JSON.stringify(one))).join(' or ')
  if (items) return `list of ${showType(items)}`
  if (properties) return `object with ${Object.keys(properties).map(code).join(', ')}`
  return typeof type === 'string' ? type : (type?.join(' or ') ?? 'any value')
}
