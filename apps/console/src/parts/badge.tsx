import { sayName } from '../text/words.ts'

const TONES: Readonly<Record<string, string>> = {
  completed: 'good',
  extracted: 'good',
  done: 'good',
  running: 'busy',
  cancelling: 'busy',
  queued: 'wait',
  pending: 'wait',
  ready: 'wait',
  paused: 'wait',
  waiting: 'wait',
  contract: 'fair',
  failed: 'bad',
  dead: 'bad',
}

/** A state in one word. The colour says nothing that the word does not. */
export function Badge({ state }: { readonly state: string }) {
  return <span class={`badge ${TONES[state] ?? 'plain'}`}>{sayName(state)}</span>
}
