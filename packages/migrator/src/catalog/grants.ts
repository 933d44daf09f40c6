const WORDS: Record<string, string> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
  C: 'CREATE',
  c: 'CONNECT',
  T: 'TEMPORARY',
  s: 'SET',
  A: 'ALTER SYSTEM',
}

/**
 * `app=r*w/postgres`, a role in double quotes where it is not plain; nobody before the = is
 * everybody.
 */
const ENTRY = /^(?<grantee>"(?:[^"]|"")*"|[^=]*)=(?<privileges>[^/]*)\/(?<grantor>.*)$/

/**
 * Says who may do what in words, only where it differs from PostgreSQL's default: `app: SELECT,
 * INSERT`, `PUBLIC: none`. All privileges of the kind are ALL, and what an owner lacks is said as
 * such, since versions add privileges (MAINTAIN in 17).
 *
 * @param acl what is granted, `aclitem[]` as text
 * @param defaults what a null acl stands for
 * @param full PostgreSQL's default acl of the kind, where the owner has every privilege
 */
export function readGrants(
  acl: string[],
  defaults: string[],
  full: string[],
  { databaseOwner, usualGrantor }: { databaseOwner: string; usualGrantor?: string | undefined },
): string[] {
  const owner = full.map(parse).find(({ grantee }) => grantee !== '')
  const say = (entry: Entry): string => {
    const usual = usualGrantor ?? owner?.grantor ?? entry.grantor
    const by = entry.grantor === usual ? '' : ` by ${entry.grantor}`
    return `${words(entry, owner)}${by}`
  }
  const usual = new Map(defaults.map(parse).map((entry) => [entry.grantee, say(entry)]))
  const granted = Map.groupBy(acl.map(parse), ({ grantee }) => grantee)
  return [...new Set([...usual.keys(), ...granted.keys()])]
    .flatMap((grantee) => {
      const said = granted.get(grantee)?.map(say) ?? ['none']
      if (said.length === 1 && said[0] === usual.get(grantee)) return []
      const name = grantee === databaseOwner ? 'pg_database_owner' : grantee || 'PUBLIC'
      return said.map((privileges) => `${name}: ${privileges}`)
    })
    .sort()
}

type Entry = { grantee: string; privileges: string; grantor: string }

function parse(item: string): Entry {
  const { grantee = '', privileges = '', grantor = '' } = ENTRY.exec(item)?.groups ?? {}
  return { grantee: unquoted(grantee), privileges, grantor: unquoted(grantor) }
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

function words(entry: Entry, owner: Entry | undefined): string {
  const everything = owner?.privileges ?? ''
  const letters = entry.privileges.replaceAll('*', '')
  const withOption = letters.replaceAll(/./g, '$&*')
  if (everything.length > 1 && letters === everything) {
    if (entry.privileges === letters) return 'ALL'
    if (entry.privileges === withOption) return 'ALL WITH GRANT OPTION'
  }
  if (entry.grantee === owner?.grantee && entry.privileges === letters) {
    const lacking = everything.split('').filter((letter) => !letters.includes(letter))
    return letters === '' ? 'none' : `ALL except ${lacking.map(word).join(', ')}`
  }
  return [...entry.privileges.matchAll(/(.)(\*?)/g)]
    .map(([, letter = '', option]) => `${word(letter)}${option ? ' WITH GRANT OPTION' : ''}`)
    .join(', ')
}

function word(letter: string): string {
  return WORDS[letter] ?? letter
}
