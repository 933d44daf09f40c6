/** A duration as people read it: `0.4 s`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function duration(milliseconds: number): string {
  const tenths = Math.round(milliseconds / 100)
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`
  const minutes = Math.floor(tenths / 600)
  if (minutes < 60) return `${minutes} min ${Math.floor(tenths / 10) % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `text` in at most `width` characters; what is cut from its end is marked. */
export function cut(text: string, width: number): string {
  const characters = Array.from(text)
  if (characters.length <= width) return text
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`
}

/** A size on disk, in the units of PostgreSQL's pg_size_pretty: `8 kB`, `34 MB`, `1.2 GB`. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  const value = bytes / 1024 ** power
  return `${value < 10 && power > 1 ? value.toFixed(1) : Math.round(value)} ${units[power]}`
}

/** `1,234,567` */
export function count(number: number): string {
  return number.toLocaleString('en-US')
}
