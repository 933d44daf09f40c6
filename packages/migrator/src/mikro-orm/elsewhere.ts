/** The same configuration, in which every text is another one: the schema, say. */
export function asElsewhere<Config extends object>(config: Config): Config {
  return new Proxy(config, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (name !== 'get') return member.bind(target)
      return (...args: unknown[]) => {
        const value: unknown = member.apply(target, args)
        return typeof value === 'string' || value === undefined ? `${value ?? ''}_elsewhere` : value
      }
    },
  })
}
