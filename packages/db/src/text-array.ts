import { ArrayType, type Platform, type TransformContext } from '@mikro-orm/core'

/**
 * A `text[]` column. MikroORM's own type quotes an item only where it has a comma, a brace, a quote or a backslash, and then as
 * JSON: 'null' became NULL, ' a' lost its blank and a line break became the letter n.
 */
export class TextArrayType extends ArrayType {
  override convertToDatabaseValue(
    value: string[] | null,
    platform: Platform,
    context?: TransformContext,
  ): string | null {
    if (!Array.isArray(value)) return super.convertToDatabaseValue(value, platform, context)
    return `{${value.map(quoteItem).join(',')}}`
  }
}

/** In PostgreSQL's own form of an array's item; a legacy row may hold a NULL among its items. */
function quoteItem(item: string | null): string {
  return item === null ? 'NULL' : `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
