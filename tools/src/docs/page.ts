/** Pages that are made from the code. */
export type Row = readonly string[]

export function page(title: string, ...parts: readonly string[]): string {
  return `${['<!-- Generated: pnpm docs:write -->', `# ${title}`, ...parts].join('\n\n')}\n`
}

export function table(first: string, others: readonly string[], rows: readonly Row[]): string {
  const heads = [first, ...others]
  return [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`)
    .join('\n')
}

export function code(text: string): string {
  return `\`${text}\``
}
