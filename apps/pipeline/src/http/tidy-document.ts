/**
 * Makes the OpenAPI document short: it has every named schema twice, as it is sent (`…Input`) and as it is answered. The one
 * that nothing refers to is dropped, and what is only sent loses the ending.
 */
export function tidyDocument<Described extends object>(described: Described): Described {
  const text = JSON.stringify(described).replaceAll('"Default Response"', '"It is done."')
  const { components } = described as { components?: { schemas?: object } }
  const unused = Object.keys(components?.schemas ?? {}).filter(
    (name) => !text.includes(refer(name)),
  )
  const sent = unused.filter((name) => text.includes(refer(`${name}Input`)))
  const renamed = sent.reduce(
    (text, name) => text.replaceAll(refer(`${name}Input`), refer(name)),
    text,
  )
  const tidied = JSON.parse(renamed)
  const { schemas } = tidied.components
  for (const name of sent) schemas[name] = schemas[`${name}Input`]
  for (const name of unused) delete schemas[sent.includes(name) ? `${name}Input` : name]
  return tidied
}

function refer(name: string): string {
  return `"#/components/schemas/${name}"`
}
