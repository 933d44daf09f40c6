import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

/**
 * The schema of OASIS (draft 4 of JSON Schema), byte for byte as it comes with the npm package @microsoft/jest-sarif,
 * 1.0.0-beta.0, MIT. What it uses means the same in draft 7, but for its name of itself.
 */
const SCHEMA = new URL('schemas/sarif-2.1.0-rtm.5.json', import.meta.url)

const FORMATS = {
  uri: (text: string) => URL.canParse(text),
  'uri-reference': (text: string) => URL.canParse(text, 'file:///') && !/[\s\\<>"^`{|}]/.test(text),
  'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
}

let validate: ValidateFunction | undefined

/** What of a text the schema of SARIF 2.1.0 does not allow. */
export function findSarifFaults(text: string): string[] {
  validate ??= compileSchema()
  validate(JSON.parse(text))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

function compileSchema(): ValidateFunction {
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(SCHEMA, 'utf8'))
  // One of its patterns is none of those that know Unicode.
  const options = { allErrors: true, strict: false, unicodeRegExp: false, formats: FORMATS }
  return new Ajv(options).compile(schema)
}
