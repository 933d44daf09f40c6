import pg from 'pg'
import { readFileSync } from 'node:fs'
import { openStage } from './src/locks/tests/play.ts'
import { KINDS, SAMPLE } from './src/locks/tests/kinds.ts'
import { SCHEMA } from './src/locks/tests/shapes.ts'
const major = Number(process.argv[2]),
  only = process.argv[3],
  mode = process.argv[4] ?? 'all'
const base: string = JSON.parse(readFileSync('/tmp/tmp-locktable/urls.json', 'utf8'))[major]
const at = (name: string) => base.replace(/\/postgres$/, `/${name}`)
const connect = async (url: string) => {
  const c = new pg.Client({ connectionString: url })
  c.on('error', () => {})
  await c.connect()
  return c
}
const admin = await connect(base)
const T = `template_${process.pid}`
await admin.query(`create database ${T}`)
const setup = await connect(at(T))
await setup.query(SCHEMA)
await setup.query('vacuum analyze')
await setup.end()
let serial = 0
const clone = async () => {
  const name = `x_${process.pid}_${++serial}`
  await admin.query(`create database ${name} template ${T} strategy file_copy`)
  const drop = async () => {
    await admin.query(`drop database ${name} with (force)`)
  }
  return { url: at(name), drop, [Symbol.asyncDispose]: drop }
}
let n = 0,
  bad = 0,
  refused = 0
const start = Date.now()
{
  await using stage = await openStage(clone, major)
  for (const kind of (mode === 'sample' ? SAMPLE : KINDS).filter(
    ({ since = 15 }) => since <= major,
  )) {
    const isOut =
      /^(vacuum|analyze)|concurrently|^cluster (tree|tree_2) |reindex (\(verbose\) )?(index|table|schema)/.test(
        kind.sql,
      )
    if ((mode === 'in' && isOut) || (mode === 'out' && !isOut)) continue
    if (only && only !== '-' && !kind.sql.includes(only)) continue
    const outcome = await stage.play(kind)
    if ('refused' in outcome) {
      refused++
      console.log('REFUSED', kind.sql, '|', outcome.refused, '|', kind.form)
      continue
    }
    n++
    if (outcome.mismatches.length) bad++
    for (const line of outcome.mismatches) console.log(`MISMATCH ${kind.sql} | ${line}`)
  }
}
console.log(major, n, 'kinds', bad, 'mismatches', refused, 'refused', Date.now() - start, 'ms')
await admin.query(`drop database ${T}`)
await admin.end()
