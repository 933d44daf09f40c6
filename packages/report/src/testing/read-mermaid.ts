/** What an erDiagram has, read by the lexical rules of Mermaid 12, each line of which has to be of one of these forms. */
export interface Diagram {
  readonly tables: readonly { readonly name: string; readonly columns: number }[]
  readonly references: readonly (readonly [from: string, to: string, label: string])[]
}

const QUOTED = String.raw`"([^"%\r\n\v\b\\]+)"`
const WORD = String.raw`(?!(?:PK|FK|UK)\b)[A-Za-z_\u00C0-\uFFFF][A-Za-z0-9\-_\[\]().,\u00C0-\uFFFF]*`
const OPEN = new RegExp(`^ {2}${QUOTED} \\{$`)
const COLUMN = new RegExp(`^ {4}${WORD} ${WORD}(?: [PFU]K(?:, [PFU]K)*)?(?: "[^"~%]*")?$`, 'i')
const REFERENCE = new RegExp(
  String.raw`^ {2}${QUOTED} (?:\}o|\|o)(?:--|\.\.)(?:o\||\|\|) ${QUOTED} : ${QUOTED}$`,
)

/** Throws at a line that Mermaid would not read. */
export function readMermaid(text: string): Diagram {
  const [first, ...lines] = text.trimEnd().split('\n')
  if (first !== 'erDiagram') throw new Error(`No diagram: ${first}`)
  const tables: { name: string; columns: number }[] = []
  const references: (readonly [string, string, string])[] = []
  for (const line of lines) {
    const table = OPEN.exec(line)?.[1]
    const [, from, to, label] = REFERENCE.exec(line) ?? []
    const last = tables.at(-1)
    if (table !== undefined) tables.push({ name: decode(table), columns: 0 })
    else if (from && to && label) references.push([decode(from), decode(to), decode(label)])
    else if (last && COLUMN.test(line)) last.columns += 1
    else if (line !== '  }' || /direction\s/i.test(line)) throw new Error(`Not Mermaid: ${line}`)
  }
  return { tables, references }
}

/** Entity codes, which Mermaid takes for what they stand for before it reads anything. */
function decode(text: string): string {
  return text
    .replaceAll('#quot;', '"')
    .replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}
