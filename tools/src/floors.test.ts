import { expect, test } from 'vitest'
import { importsBetweenRooms, ROOMS } from './floors.ts'

test('a room of the engine imports only from rooms below it, types included', () => {
  const imports = importsBetweenRooms()
  const rooms = new Set(imports.flatMap(({ from, to }) => [from, to]))
  expect([...rooms].filter((room) => !ROOMS.includes(room))).toEqual([])
  const upward = imports.filter(({ from, to }) => ROOMS.indexOf(to) > ROOMS.indexOf(from))
  expect(upward.map(({ file, imported }) => `${file} imports ${imported}`)).toEqual([])
  // The engine does import: an empty list would mean that this test reads nothing.
  expect(imports.length).toBeGreaterThan(100)
})
