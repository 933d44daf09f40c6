import type { SchemaPicture } from '@techfacts/migrator'
import type { Catalog } from '@techfacts/migrator/catalog'
import { toBoxes } from './box.ts'
import { toChange } from './change.ts'
import { chooseDetail } from './detail.ts'
import { focusOnChange } from './focus.ts'
import { toPicture } from './from-catalog.ts'
import { writeDbml } from './dbml.ts'
import { arrange } from './layout.ts'
import { writeMermaid } from './mermaid.ts'
import type { Picture } from './model.ts'
import { writeSvg } from './svg.ts'

export { STYLE } from './style.ts'

/** Draws a schema: as one SVG that needs nothing else, or as text that other tools draw. The same schema gives the same bytes. */
export async function drawSchema({ catalog, format }: SchemaPicture): Promise<string> {
  const picture = toPicture(catalog)
  if (format === 'mermaid') return writeMermaid(picture)
  if (format === 'dbml') return writeDbml(picture)
  return draw(chooseDetail(picture))
}

/** Draws what changes between two schemas, in one SVG that needs nothing else. */
export async function drawChange(before: Catalog, after: Catalog): Promise<string> {
  return draw(focusOnChange(toChange(before, after)))
}

async function draw(picture: Picture): Promise<string> {
  return writeSvg(picture, await arrange(toBoxes(picture), picture.references))
}
