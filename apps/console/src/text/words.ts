const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const COUNT = new Intl.NumberFormat('en-GB')

export const sayCount = (count: number): string => COUNT.format(count)

/** `1 document`, `2 documents` */
export function sayMany(count: number, noun: string): string {
  return `${sayCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

export const sayDay = (moment: string): string => DAY.format(new Date(moment))
export const sayTime = (moment: string): string => TIME.format(new Date(moment))

/** In the operator's own time zone. */
export const sayMoment = (moment: string): string => `${sayDay(moment)}, ${sayTime(moment)}`

export function sayDuration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`
  const tenths = Math.round(milliseconds / 100)
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const sayShare = (share: number): string => `${Math.round(share * 100)} %`

/** A name of code as words: `technical_specs`, `legacy-import`. */
export const sayName = (name: string): string => name.replaceAll(/[_-]/g, ' ')

/** `Migration20261122160314_install_job_queue` is "install job queue". */
export function sayMigration(name: string): string {
  return sayName(name.replace(/^Migration\d{14}_?/, '')) || name
}
