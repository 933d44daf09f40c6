import type { Catalog } from '@techfacts/migrator/catalog'
import { toBoxes } from './box.ts'
import { toChange } from './change.ts'
import { chooseDetail } from './detail.ts'
import { focusOnChange } from './focus.ts'
import { toPicture } from './from-catalog.ts'
import { arrange } from './layout.ts'
import type { Picture } from './model.ts'
import { writeSvg } from './svg.ts'

export { STYLE } from './style.ts'

/** Draws a schema as one SVG that needs nothing else. The same schema gives the same bytes. */
export async function drawSchema(catalog: Catalog): Promise<string> {
  return draw(chooseDetail(toPicture(catalog)))
}

/** Draws what changes between two schemas, in one SVG that needs nothing else. */
export async function drawChange(before: Catalog, after: Catalog): Promise<string> {
  return draw(focusOnChange(toChange(before, after)))
}

async function draw(picture: Picture): Promise<string> {
  return writeSvg(picture, await arrange(toBoxes(picture), picture.references))
}
