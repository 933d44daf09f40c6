/** What only the catalog can find out; every other failure is PostgreSQL's own. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError'
  readonly code: CatalogErrorCode

  constructor(code: CatalogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type CatalogErrorCode = 'SNAPSHOT_UNREADABLE' | 'CHANGED_WHILE_READ'
