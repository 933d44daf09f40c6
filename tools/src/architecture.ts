/** `pnpm architecture`: prints which room of the engine imports which, as a matrix. Triangular: data flows one way. */
import { importsBetweenRooms, ROOMS } from './floors.ts'

const imports = importsBetweenRooms()
const width = Math.max(...ROOMS.map((room) => room.length))
const numbers = ROOMS.map((_, i) => String(i + 1).padStart(4)).join('')

console.log(`${'row imports column'.padEnd(width + 4)}${numbers}`)
for (const [i, from] of ROOMS.entries()) {
  const cells = ROOMS.map((to) => {
    const count = imports.filter((one) => one.from === from && one.to === to).length
    return (count === 0 ? '·' : String(count)).padStart(4)
  })
  console.log(`${String(i + 1).padStart(3)} ${from.padEnd(width)}${cells.join('')}`)
}
