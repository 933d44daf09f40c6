/** The loader of TypeScript that MikroORM's CLI is told to use. */
export function chosenLoader(): string | undefined {
  return process.env.MIKRO_ORM_CLI_TS_LOADER || undefined
}

/** Where loaders of TypeScript find their settings, as MikroORM's CLI tells them. */
export function nameTsconfig(path: string): void {
  process.env.SWC_NODE_PROJECT ??= path
  process.env.TSIMP_PROJECT ??= path
}

/** The configuration that MikroORM's CLI is told to use. */
export function chosenConfig(): string | undefined {
  return process.env.MIKRO_ORM_CLI_CONFIG || undefined
}

/** Whether MikroORM's CLI is told to prefer TypeScript. */
export function prefersTs(): boolean | undefined {
  const value = process.env.MIKRO_ORM_CLI_PREFER_TS
  return value === undefined ? undefined : ['true', 't', '1'].includes(value.toLowerCase())
}

/**
 * Calls `work` as if each variable of the environment had another value, those that are not set as well. Not what it
 * awaits: meanwhile others in this process would read them, too.
 */
export function calledElsewhere<T>(work: () => T): T {
  const { env } = process
  process.env = new Proxy(env, {
    get: (target, name) =>
      typeof name === 'string' ? `${target[name] ?? ''}_elsewhere` : Reflect.get(target, name),
  })
  try {
    return work()
  } finally {
    process.env = env
  }
}
