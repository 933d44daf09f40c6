import { expect, test } from 'vitest'
import { readGrants } from './grants.ts'

const TABLE_15 = ['tim=arwdDxt/tim']
const TABLE_17 = ['tim=arwdDxtm/tim']
const FUNCTION = ['=X/tim', 'tim=X/tim']

function grants(acl: string[], defaults = TABLE_15, databaseOwner = 'boss'): string[] {
  return readGrants(acl, defaults, defaults, { databaseOwner })
}

test('what is PostgreSQL’s default is not said, in whatever order it stands', () => {
  expect(grants(TABLE_15)).toEqual([])
  expect(grants(['tim=X/tim', '=X/tim'], FUNCTION)).toEqual([])
})

test('says who may do what, sorted by role', () => {
  expect(grants([...TABLE_15, 'web=rw/tim', 'app=r*w/tim', '=r/tim'])).toEqual([
    'PUBLIC: SELECT',
    'app: SELECT WITH GRANT OPTION, UPDATE',
    'web: SELECT, UPDATE',
  ])
})

test('says what was taken away', () => {
  expect(grants(['tim=X/tim'], FUNCTION)).toEqual(['PUBLIC: none'])
  expect(grants(['tim=ardDxt/tim'])).toEqual(['tim: ALL except UPDATE'])
  expect(grants([])).toEqual(['tim: none'])
})

test('all privileges are ALL, whatever a version has', () => {
  expect(grants([...TABLE_15, 'app=arwdDxt/tim'])).toEqual(['app: ALL'])
  expect(grants([...TABLE_17, 'app=arwdDxtm/tim'], TABLE_17)).toEqual(['app: ALL'])
  expect(grants(['tim=ardDxtm/tim'], TABLE_17)).toEqual(['tim: ALL except UPDATE'])
  expect(grants([...TABLE_17, 'app=arwdDxt/tim'], TABLE_17)).toEqual([
    'app: INSERT, SELECT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER',
  ])
  expect(grants([...TABLE_15, 'app=a*r*w*d*D*x*t*/tim'])).toEqual(['app: ALL WITH GRANT OPTION'])
})

test('says who granted where it was not the owner', () => {
  expect(grants([...TABLE_15, 'app=r/web'])).toEqual(['app: SELECT by web'])
})

test('takes names apart that hold anything', () => {
  expect(grants([...TABLE_15, '"a=b/""c"=r/tim'])).toEqual(['a=b/"c: SELECT'])
})

test('the owner of the database goes by one name', () => {
  expect(grants([...TABLE_15, 'boss=r/tim'])).toEqual(['pg_database_owner: SELECT'])
  expect(grants(['tim=ar/tim'], TABLE_15, 'tim')).toEqual([
    'pg_database_owner: ALL except UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER',
  ])
})
