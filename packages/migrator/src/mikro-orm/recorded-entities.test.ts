import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql'
import { afterAll, expect, test } from 'vitest'
import { recordedEntities } from './recorded-entities.ts'

const Address = defineEntity({
  name: 'Address',
  embeddable: true,
  properties: { city: p.string() },
})

const Author = defineEntity({
  name: 'Author',
  schema: 'library',
  properties: {
    id: p.integer().primary(),
    name: p.string().unique(),
    address: () => p.embedded(Address),
    createdAt: p.datetime().onCreate(() => new Date()),
    booksCount: p.integer().persist(false),
    version: p.integer().version(),
  },
})

const Book = defineEntity({
  name: 'Book',
  tableName: 'books',
  uniques: [{ properties: ['author', 'title'] }],
  properties: {
    id: p.uuid().primary().defaultRaw('gen_random_uuid()'),
    title: p.string(),
    pageCount: p.integer().fieldName('pages').nullable(),
    letters: p.integer().generated('length(title) stored'),
    author: () => p.manyToOne(Author),
    friends: () => p.manyToMany(Author),
  },
})

const orm = new MikroORM({
  entities: [Author, Book, Address],
  dbName: 'nobody',
  connect: false,
} as never)
afterAll(() => orm.close())

test('what an application sends is told by its entities', () => {
  const told = recordedEntities(orm).map(({ columns, relations, ...one }) => ({
    ...one,
    columns: columns.map(({ property, column, sent }) => `${property} ${column} ${sent}`),
    relations: relations.map(({ property, columns: from, schema, table, referenced }) =>
      [property, ...from, schema, table, ...referenced].join(' '),
    ),
  }))
  expect(told).toMatchInlineSnapshot(`
    [
      {
        "columns": [
          "id id never",
          "name name always",
          "address_city address_city always",
          "createdAt created_at always",
          "version version sometimes",
        ],
        "entity": "Author",
        "key": [
          "id",
        ],
        "relations": [],
        "schema": "library",
        "table": "author",
        "uniques": [
          [
            "name",
          ],
        ],
      },
      {
        "columns": [
          "id id sometimes",
          "title title always",
          "pageCount pages sometimes",
          "letters letters never",
          "author author_id always",
        ],
        "entity": "Book",
        "key": [
          "id",
        ],
        "relations": [
          "author author_id library author id",
        ],
        "table": "books",
        "uniques": [
          [
            "author_id",
            "title",
          ],
        ],
      },
      {
        "columns": [
          "Book_owner book_id always",
          "Author_inverse author_id always",
        ],
        "entity": "books_friends",
        "key": [
          "book_id",
          "author_id",
        ],
        "relations": [
          "Book_owner book_id public books id",
          "Author_inverse author_id library author id",
        ],
        "table": "books_friends",
        "uniques": [],
      },
    ]
  `)
})
