import { Phrases } from './phrases.ts'
import type { Token } from './tokens.ts'

/** Why a statement with a value in it may be no fact. */
export type Doubt =
  | 'question'
  | 'hedge'
  | 'approximation'
  | 'example'
  | 'anecdote'
  | 'report'
  | 'repair'
  | 'instruction'
  | 'promotion'
  | 'reference'

export function findDoubts(plain: string, tokens: readonly Token[]): ReadonlySet<Doubt> {
  const doubts = new Set<Doubt>()
  for (let index = 0; index < tokens.length; index += 1) {
    const found = DOUBTS.at(tokens, index)
    if (found) doubts.add(found.meaning)
  }
  const isDefault = tokens.some(({ lower }) => lower.startsWith('default'))
  const isInstruction = IMPERATIVES.has(tokens[0]?.lower ?? '') || THEN.isIn(tokens)
  if (isInstruction && !isDefault) doubts.add('instruction')
  if (REPAIRS.has(tokens[0]?.lower ?? '')) doubts.add('repair')
  if (isReference(tokens)) doubts.add('reference')
  if (plain.endsWith('?')) doubts.add('question')
  if (plain.endsWith('!')) doubts.add('promotion')
  return doubts
}

const DOUBTS = new Phrases<Doubt>([
  [
    'may take, may vary, may be, may require, can require, might, could, plan to, plans to, aim to, aims to, hope to, hopes to, coming soon, is planned, are planned, not required, not mandatory, not necessary, optional, todo, tbd, expected, would, one day, perhaps, i think, probably',
    'hedge',
  ],
  ['we, has been, have been, you will, this will', 'report'],
  ['a bug, memory leak', 'repair'],
  ['about, approximately, around, roughly, usually, typically, circa', 'approximation'],
  [
    'for example, for instance, e.g, suppose, imagine, consider, if you, say you, let us, example',
    'example',
  ],
  [
    'i, my, mine, me, myself, yesterday, ago, last week, last month, last year, last summer, last winter, told us, told me, met, won, he, she, someone, us, our team, our security team, they said, founders, we upgraded, we tried, we had, we bought, we lost, we were, we went, our office, our new office, stopped, worked, crashes, crashed, same here, grandmother, neighbour, friend, spent, proved wrong',
    'anecdote',
  ],
  [
    'happy, deserve*, committed, passion*, love*, amaz*, dream*, golden, order now, hurry, your life, success, % off, grab, give us, trusted, join, brought to you, thank*, left in stock, serves',
    'promotion',
  ],
])

const REPAIRS = new Set(['fix', 'fixed', 'fixes', 'corrected', 'resolved', 'closed'])

const THEN = new Phrases([['then press, and try, try again, then wait, and try again', true]])

/** "Figure 7 shows …", "In chapter 5 …", "See section 2". */
function isReference(tokens: readonly Token[]): boolean {
  const at = ['in', 'see'].includes(tokens[0]?.lower ?? '') ? 1 : 0
  return PLACES.has(tokens[at]?.lower ?? '') && tokens[at + 1]?.kind === 'number'
}

const PLACES = new Set('appendix chapter figure page part section step table'.split(' '))

/** What an instruction begins with. */
const IMPERATIVES = new Set(
  'add adjust apply attach bake bring call change charge check choose click close connect contact copy cook create cut delete download drag drive enable ensure enter follow get give go hold increase insert install join keep leave let make mix move open place plug pour preheat press pull push put read remove repeat replace restart rinse run save scroll select send set shake start stir stop take tap tighten try turn type unplug update upgrade wait wash'.split(
    ' ',
  ),
)
