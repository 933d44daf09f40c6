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
  // Who tells it, whom it happened to, and when: the speaker, those around him, a person, a moment in the past.
  ['i, my, mine, me, myself, us, we had, we were, he, she, someone', 'anecdote'],
  ['our team, our company, our founders, our engineers, our staff, our office', 'anecdote'],
  ['they said, told us, told me, same here', 'anecdote'],
  ['yesterday, ago, last week, last month, last year', 'anecdote'],
  ['stopped, worked, crashes, crashed', 'anecdote'],
  // Praise and feelings, offers, and thanks.
  ['happy, deserve*, committed, love*, amaz*, trusted, success', 'promotion'],
  ['order now, hurry, % off, your life, join, give us, brought to you, thank*', 'promotion'],
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
