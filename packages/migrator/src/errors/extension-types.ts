/** Types that come with an extension, by the name of that; those of PostgreSQL's own, of PostGIS and of pgvector. */
const TYPES: Readonly<Record<string, string>> = {
  citext: 'citext',
  cube: 'cube',
  hstore: 'hstore',
  isn: 'ean13 isbn isbn13 ismn ismn13 issn issn13 upc',
  ltree: 'lquery ltree ltxtquery',
  postgis: 'box2d box3d geography geometry',
  postgis_raster: 'raster',
  postgis_topology: 'topogeometry',
  seg: 'seg',
  vector: 'halfvec sparsevec vector',
}

const EXTENSIONS = new Map(
  Object.entries(TYPES).flatMap(([extension, types]) =>
    types.split(' ').map((type) => [type, extension] as const),
  ),
)

/** The extension that a type comes with; undefined of PostgreSQL's own types, and of what nobody here knows. */
export function extensionOf(type: string): string | undefined {
  return EXTENSIONS.get(type)
}

/** What to do where PostgreSQL says that a type does not exist; undefined where no extension is known to have it. */
export function hintAtExtension(message: string): string | undefined {
  const [, found = ''] = /^type "(?:[^"]*\.)?([^".[(]+)[^"]*" does not exist/.exec(message) ?? []
  const extension = extensionOf(found)
  return (
    extension &&
    `The type ${found} comes with the extension ${extension}. Make it in a migration before this one: create extension if not exists ${extension}`
  )
}
