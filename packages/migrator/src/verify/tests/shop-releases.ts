import type {
  RecordedColumn,
  RecordedEntity,
  RecordedRelease,
} from '../../releases/recorded-release.ts'

const column = (name: string, sent: RecordedColumn['sent'] = 'always') => ({
  property: name.replace(/_id$/, ''),
  column: name,
  sent,
})

/** What sends rows to {@link SHOP}. */
export const PREVIOUS: RecordedRelease = {
  name: '1.4',
  entities: [
    {
      entity: 'Customer',
      table: 'customer',
      key: ['id'],
      columns: [
        column('id', 'never'),
        column('email'),
        column('name', 'sometimes'),
        column('note', 'sometimes'),
      ],
      uniques: [['email']],
      relations: [],
    },
    {
      entity: 'Order',
      table: 'orders',
      key: ['id'],
      columns: [
        column('id', 'never'),
        column('customer_id'),
        column('state', 'sometimes'),
        column('total'),
      ],
      uniques: [],
      relations: [
        { property: 'customer', columns: ['customer_id'], table: 'customer', referenced: ['id'] },
      ],
    },
    {
      entity: 'Review',
      table: 'review',
      key: ['id'],
      columns: [column('id'), column('mood'), column('stars')],
      uniques: [],
      relations: [],
    },
  ],
}

/** What the entities of the build after it send: a customer has a telephone. */
export const NEXT: readonly RecordedEntity[] = PREVIOUS.entities.map((one) =>
  one.entity === 'Customer'
    ? { ...one, columns: [...one.columns, column('phone', 'sometimes')] }
    : one,
)
