/**
 * `name`, changed so that it sorts after `newest`: its timestamp is `seconds` after that of `newest`. Where either has
 * no timestamp, or the result would not sort after `newest`, it begins with the whole of `newest`.
 */
export function laterName(name: string, newest: string, seconds: number): string {
  const moved = name.replace(TIMESTAMP, (own) => {
    const [last] = TIMESTAMP.exec(newest) ?? []
    return last === undefined ? own : secondsAfter(last, seconds)
  })
  return moved > newest ? moved : `${newest}_${seconds}_${name}`
}

/**
 * Names by which `names`, in their order, sort after `newest`: one that does stays as it is, any other has the time `now`,
 * or what comes after the name before it.
 */
export function laterNames(names: readonly string[], newest: string, now: Date): string[] {
  let last = newest
  return names.map((name) => {
    const fresh = name.replace(TIMESTAMP, timestampOf(now))
    const later = fresh > last ? fresh : laterName(name, last, 1)
    last = name > last ? name : later
    return last
  })
}

/** As MikroORM writes the time into a name. */
const TIMESTAMP = /\d{14}/

/** Also after digits that are no valid time, which a person may have written. */
function secondsAfter(timestamp: string, seconds: number): string {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(timestamp) ?? []
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(moment.getTime()))
    return String(BigInt(timestamp) + BigInt(seconds)).padStart(14, '0')
  return timestampOf(new Date(moment.getTime() + seconds * 1000))
}

function timestampOf(moment: Date): string {
  return moment.toISOString().replaceAll(/[-T:]|\.\d{3}Z$/g, '')
}
