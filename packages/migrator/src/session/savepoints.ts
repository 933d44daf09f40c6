/**
 * Nests transactions in one that is open: `begin`, `commit` and `rollback` become those of savepoints,
 * and every other text goes through as it is.
 */
export function nestTransactions(): (text: string) => string {
  let depth = 0
  return (text) => {
    if (/^(begin|start transaction)\b/i.test(text)) {
      depth += 1
      return `savepoint migrator_${depth}`
    }
    if (depth > 0 && /^commit$/i.test(text)) return `release savepoint migrator_${depth--}`
    if (depth > 0 && /^rollback$/i.test(text)) {
      const name = `migrator_${depth--}`
      return `rollback to savepoint ${name}; release savepoint ${name}`
    }
    return text
  }
}
