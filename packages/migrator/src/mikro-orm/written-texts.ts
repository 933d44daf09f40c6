import type { Texts } from '../sql/parse.ts'

interface Index {
  readonly keyName: string
  /** All of the SQL of an index, where the entity writes that. */
  readonly expression?: string
}

interface Trigger {
  readonly expression?: string
}

interface Rules {
  readonly deleteRule?: string
  readonly updateRule?: string
}

/** MikroORM's comparator, with what compares that which an entity says as SQL. */
interface TextComparator {
  diffExpression: (one?: string | null, other?: string | null) => boolean
  diffViewExpression: (one: string, other: string) => boolean
  diffTrigger: (one: Trigger, other: Trigger) => boolean
  diffIndex: (one: Index, other: Index) => boolean
  diffForeignKey: (one: Rules, other: Rules, ...rest: unknown[]) => boolean
  hasSameDefaultValue: (one: Defaulted, other: Defaulted) => boolean
}

interface Defaulted {
  readonly default?: string | number | null
}

/**
 * Makes MikroORM's comparator see each word of SQL that entities say in another way; returns what undoes that. It knows
 * texts as a database writes them, and so compares without letter case, parentheses, casts, spaces and what stands before
 * a dot: 'X' and 'x' are one to it, and so are 1.5 and 2.5, or a column of one table and of another.
 */
export function seeTexts(prototype: object, texts: Texts): () => void {
  const comparator = prototype as TextComparator
  const { diffForeignKey, diffIndex, diffTrigger } = comparator
  const { diffExpression, diffViewExpression, hasSameDefaultValue } = comparator
  const differ = (one?: string | null, other?: string | null) =>
    wordsOf(texts, one) !== wordsOf(texts, other)
  comparator.diffExpression = differ
  comparator.diffViewExpression = differ
  comparator.hasSameDefaultValue = (one, other) => !differ(valueOf(one), valueOf(other))
  comparator.diffTrigger = function seeing(one, other) {
    return isWritten(one) !== isWritten(other) || diffTrigger.call(this, one, other)
  }
  comparator.diffIndex = function seeing(one, other) {
    return isWritten(one) !== isWritten(other) || diffIndex.call(this, one, other)
  }
  comparator.diffForeignKey = function seeing(one, other, ...rest) {
    return !haveSameRules(one, other) || diffForeignKey.call(this, one, other, ...rest)
  }
  return () =>
    void Object.assign(comparator, {
      diffExpression,
      diffViewExpression,
      hasSameDefaultValue,
      diffTrigger,
      diffIndex,
      diffForeignKey,
    })
}

const isWritten = ({ expression }: { readonly expression?: string }) => expression !== undefined

const haveSameRules = (one: Rules, other: Rules) =>
  (['deleteRule', 'updateRule'] as const).every((rule) => ruleOf(one[rule]) === ruleOf(other[rule]))

const ruleOf = (text = 'no action') => text.toLowerCase()

/** To be NULL is to have none. */
function valueOf({ default: value }: Defaulted): string | undefined {
  const text = `${value ?? 'null'}`
  return text.toLowerCase() === 'null' ? undefined : text
}

function wordsOf(texts: Texts, text: string | null | undefined): string {
  return texts.readWords(text ?? '').join(' ')
}
