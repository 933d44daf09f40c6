/**
 * Text of an element or a value of an attribute. A reader of XML restores what it was, but for control characters, which
 * XML cannot have: they are shown by their signs.
 */
export function escapeXml(text: string): string {
  return showControls(text.replaceAll(/[&<>"'\t\n\r]/g, toReference)).replaceAll(
    /[\uFFFE\uFFFF]/g,
    '\uFFFD',
  )
}

/** `\n` → `␊`: names may have it, and a line of a picture has no room for it. Two names stay two. */
export function showControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '␡' : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

function toReference(character: string): string {
  return `&#${character.charCodeAt(0)};`
}

/** One element with its attributes, those without a value left out, and what is in it. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeXml(String(value))}"`],
  )
  const head = `<${name}${written.join('')}`
  return children.length === 0 ? `${head}/>` : `${head}>${children.join('')}</${name}>`
}
