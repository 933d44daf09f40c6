/*
 * What is NULL, and nothing else. IS NULL says the same of a row of NULLs, which is a value, and neither IS NULL nor IS NOT NULL
 * is true of a row of which only a part is NULL. No operator is called: PostgreSQL reads these as tests for NULL.
 */

export const isNull = (value: string) => `${value} is not distinct from null`

export const isSet = (value: string) => `${value} is distinct from null`
