/**
 * The folder of what was squashed, for that of the migrations: beside it, so that what a file imports by `../` stays where
 * it is, and MikroORM's own tools, which would run it again, do not see it.
 */
export function squashedFolder(folder: string): string {
  return `${folder}-squashed`
}
