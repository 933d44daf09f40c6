/** Rows for the tables of a database, made from its catalog: what a migration is tried on. */
export { fillTables, type FilledTable, type FillOptions } from './fill-tables.ts'
export { readValueMaker, type MakeValue } from './value-of-type.ts'
