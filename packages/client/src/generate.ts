import openapi, { astToString, type OpenAPI3 } from 'openapi-typescript'

/** Makes src/api.ts from the OpenAPI document. For the pipeline's test, which holds the two equal and writes it with `-u`. */
export async function generateTypes(document: object): Promise<string> {
  const types = await openapi(document as OpenAPI3, {
    alphabetize: true,
    exportType: true,
    defaultNonNullable: false,
  })
  return `${HEAD}${astToString(types)}`
}

const HEAD =
  '// Generated: cd apps/pipeline && npx vitest run --project unit src/http/client.test.ts -u\n\n'
