import type { ColumnDef, Constraint, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toKey } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'

interface KnownDomain {
  readonly base: Pick<ColumnDef, 'typeName'>
  /** Names of its constraints, NOT NULL among them. */
  readonly constraints: Set<string>
  isRequired: boolean
  default: Node | undefined
}

/** The domains that statements have made so far. */
export class KnownDomains {
  readonly #domains = new Map<string, KnownDomain>()

  copy(): KnownDomains {
    const domains = new KnownDomains()
    for (const [key, one] of this.#domains)
      domains.#domains.set(key, { ...one, constraints: new Set(one.constraints) })
    return domains
  }

  has(name: Name): boolean {
    return this.#domains.has(toKey(name))
  }

  /** True of a column of a domain with a CHECK or NOT NULL, of its own or of the domain that it is of. */
  isChecked(column: Pick<ColumnDef, 'typeName'>): boolean {
    const domain = this.#find(column)
    return domain !== undefined && (domain.constraints.size > 0 || this.isChecked(domain.base))
  }

  /** True where the domain gives a column without a default one that differs from row to row. */
  isVolatile(column: Pick<ColumnDef, 'typeName'>): boolean {
    const domain = this.#find(column)
    if (!domain) return false
    return domain.default
      ? listVolatileCalls(domain.default).length > 0
      : this.isVolatile(domain.base)
  }

  /** True where the domain, or the one that it is of, gives a column a default or refuses NULL. */
  isNeverNull(column: Pick<ColumnDef, 'typeName'>): boolean {
    const domain = this.#find(column)
    if (!domain) return false
    return domain.default !== undefined || domain.isRequired || this.isNeverNull(domain.base)
  }

  /** The same column, of the type that its domain is of. */
  withBase<T extends Pick<ColumnDef, 'typeName'>>(column: T): T {
    const domain = this.#find(column)
    return domain ? this.withBase({ ...column, ...domain.base }) : column
  }

  learn(node: Node): void {
    if ('CreateDomainStmt' in node) this.#make(node)
    if ('AlterDomainStmt' in node) this.#alter(node)
    if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_DOMAIN')
      for (const one of node.DropStmt.objects ?? []) this.#domains.delete(toKey(readName(one)))
    if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_DOMAIN') {
      const old = readName(node.RenameStmt.object)
      const domain = this.#domains.get(toKey(old))
      if (domain) this.#domains.set(toKey({ ...old, name: node.RenameStmt.newname ?? '' }), domain)
      this.#domains.delete(toKey(old))
    }
  }

  /** An array of a domain is checked value by value, when it is written. */
  #find({ typeName }: Pick<ColumnDef, 'typeName'>): KnownDomain | undefined {
    if (!typeName || (typeName.arrayBounds ?? []).length > 0) return undefined
    return this.#domains.get(toKey(readName({ TypeName: typeName })))
  }

  #make({
    CreateDomainStmt: { domainname, constraints = [], typeName },
  }: Extract<Node, { CreateDomainStmt: unknown }>): void {
    const name = readName({ List: { items: domainname ?? [] } })
    const all = constraints.flatMap((one) => ('Constraint' in one ? [one.Constraint] : []))
    const domain: KnownDomain = {
      base: { ...(typeName && { typeName }) },
      constraints: new Set(),
      isRequired: false,
      default: all.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr,
    }
    for (const one of all) constrain(name, domain, one)
    this.#domains.set(toKey(name), domain)
  }

  /** By the parser's letters: T a default, N a NULL, O a NOT NULL, C a constraint, X one that goes. */
  #alter({
    AlterDomainStmt: { subtype, typeName, name = '', def },
  }: Extract<Node, { AlterDomainStmt: unknown }>): void {
    const owner = readName({ List: { items: typeName ?? [] } })
    const domain = this.#domains.get(toKey(owner))
    if (!domain) return
    if (subtype === 'T') domain.default = def
    if (subtype === 'O') constrain(owner, domain, { contype: 'CONSTR_NOTNULL' })
    if (subtype === 'C' && def && 'Constraint' in def) constrain(owner, domain, def.Constraint)
    if (subtype === 'N') {
      domain.constraints.delete(defaultName(owner, 'not_null'))
      domain.isRequired = false
    }
    if (subtype === 'X') domain.constraints.delete(name)
  }
}

/** Remembers a constraint, under the name that PostgreSQL gives it where the text gives none. */
function constrain(name: Name, domain: KnownDomain, { contype, conname }: Constraint) {
  const { constraints } = domain
  if (contype === 'CONSTR_NOTNULL') {
    constraints.add(defaultName(name, 'not_null'))
    domain.isRequired = true
  }
  if (contype !== 'CONSTR_CHECK') return
  const check = conname ?? defaultName(name, 'check')
  let free = check
  for (let n = 1; constraints.has(free); n += 1) free = `${check}${n}`
  constraints.add(free)
}

const defaultName = ({ name }: Name, suffix: string) => `${name}_${suffix}`
