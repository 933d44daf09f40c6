/**
 * A name as `name`, but one that comes after `newest`: its timestamp is `seconds` after that of `newest`. Where
 * either has none, or it would not come after, it begins with all of `newest`.
 */
export function laterName(name: string, newest: string, seconds: number): string {
  const moved = name.replace(TIMESTAMP, (own) => {
    const [last] = TIMESTAMP.exec(newest) ?? []
    return last === undefined ? own : secondsAfter(last, seconds)
  })
  return moved > newest ? moved : `${newest}_${seconds}_${name}`
}

/** As MikroORM writes the time into a name. */
const TIMESTAMP = /\d{14}/

/** Also after a time that is none, as a person may have written it. */
function secondsAfter(timestamp: string, seconds: number): string {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(timestamp) ?? []
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(moment.getTime()))
    return String(BigInt(timestamp) + BigInt(seconds)).padStart(14, '0')
  const later = new Date(moment.getTime() + seconds * 1000)
  return later.toISOString().replaceAll(/[-T:]|\.\d{3}Z$/g, '')
}
