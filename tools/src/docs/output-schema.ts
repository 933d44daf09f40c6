import { join } from 'node:path'
import { createGenerator } from 'ts-json-schema-generator'
import { ROOT } from '../root.ts'

/** The parts of JSON Schema that the schema of the output consists of. */
export interface Schema {
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

export interface OutputSchema extends Schema {
  readonly $schema: string
  readonly $defs: Readonly<Record<string, Schema>>
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

let schema: OutputSchema | undefined

/** The JSON schema of what each command prints with `--json`, from the type `Output` of the command line. */
export function outputSchema(): OutputSchema {
  schema ??= generate()
  return schema
}

function generate(): OutputSchema {
  const engine = join(ROOT, 'packages/migrator')
  const generated = createGenerator({
    path: join(engine, 'src/cli/output.ts'),
    tsconfig: join(engine, 'tsconfig.json'),
    type: 'Output',
    topRef: false,
    functions: 'hide',
    additionalProperties: false,
    skipTypeCheck: true,
  }).createSchema('Output')
  const {
    definitions,
    properties,
    description = '',
  } = JSON.parse(
    JSON.stringify(generated)
      .replaceAll('#/definitions/', '#/$defs/')
      // `ObjectOf<"table">`, in a reference and as a name.
      .replaceAll(/(\w+)(?:%3C%22|<\\")([\w-]+)(?:%22%3E|\\">)/g, '$1-$2'),
  )
  return { $schema: DIALECT, description, type: 'object', properties, $defs: definitions }
}
