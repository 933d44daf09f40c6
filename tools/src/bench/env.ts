/** What a contender gets of this environment: no setting of this machine's tools, and nobody reports home. */
export function contendersEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, DO_NOT_TRACK: '1', NO_COLOR: '1' }
}
