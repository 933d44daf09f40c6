import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

const SCHEMA = new URL('../../output.schema.json', import.meta.url)

const validators = new Map<string, ValidateFunction>()
let ajv: Ajv2020 | undefined

/** Throws where the JSON that a command has printed is not what the schema of the package says. */
export function validateOutput(command: string, stdout: string): void {
  const json: unknown = JSON.parse(stdout)
  const isFailure = typeof json === 'object' && json !== null && 'error' in json
  const validate = validatorOf(isFailure ? 'error' : command)
  if (validate(json)) return
  const faults = ajv?.errorsText(validate.errors)
  throw new Error(`--json of ${command} is not what output.schema.json says: ${faults}\n${stdout}`)
}

function validatorOf(command: string): ValidateFunction {
  ajv ??= new Ajv2020({ allErrors: true, allowUnionTypes: true }).addSchema(
    JSON.parse(readFileSync(SCHEMA, 'utf8')),
    'output',
  )
  const validator =
    validators.get(command) ?? ajv.compile({ $ref: `output#/properties/${encodeURI(command)}` })
  validators.set(command, validator)
  return validator
}
