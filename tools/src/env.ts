/** The path of the pnpm that started this process; undefined where none did. */
export function pnpmThatRuns(): string | undefined {
  const path = process.env['npm_execpath']
  return path?.includes('pnpm') ? path : undefined
}

/** What a contender of the benchmark gets: no setting of this machine's tools, and nobody reports home. */
export function contendersEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, DO_NOT_TRACK: '1', NO_COLOR: '1' }
}
