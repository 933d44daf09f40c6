import type { CustomTypesConfig } from 'pg'
import { parse } from 'postgres-array'

/*
 * A process has one table of pg's parsers, and whoever embeds the migrator may have changed it (`setTypeParser`). The
 * migrator reads its own rows with these, whatever is in that table.
 */

type Parser = (text: string) => unknown

/** By the oid of the type. Every other type is its text. */
const PARSERS: Readonly<Record<number, Parser>> = {
  16: (text) => text === 't',
  21: Number,
  23: Number,
  26: Number,
  114: JSON.parse,
  700: Number,
  701: Number,
  3802: JSON.parse,
}

/** The type of the elements, by the oid of the array: of text, name, varchar, "char", and of what has a parser. */
const ELEMENTS: Readonly<Record<number, number>> = {
  1000: 16,
  1002: 18,
  1003: 19,
  1005: 21,
  1007: 23,
  1009: 25,
  1015: 1043,
  1016: 20,
  1028: 26,
}

const asText: Parser = (text) => text

function findParser(oid: number): Parser {
  const element = ELEMENTS[oid]
  if (element === undefined) return PARSERS[oid] ?? asText
  const each = PARSERS[element] ?? asText
  return (text) => parse(text, each)
}

export const OWN_TYPES: CustomTypesConfig = { getTypeParser: findParser }
