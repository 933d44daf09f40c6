import type { A_Expr, BooleanTest, CaseExpr, FuncCall, Node, TypeCast } from '@pgsql/types'
import { invertCall, invertOperator, mergeJson } from './inverses.ts'
import { columnsIn, compare, lastWord } from './nodes.ts'
import { MIRRORED, NEGATED, nudge } from './nudge.ts'
import { matchLike, matchRegex } from './patterns.ts'
import { withoutDomain } from './types.ts'
import { evaluate, redrawSome, writeLiteral, type Scene } from './scene.ts'

/** How often expressions that are to be true together are gone through. */
const PASSES = 3

/**
 * Changes values of a row so that all these expressions become true (or, without `want`, false), where their form tells how;
 * chance decides between the ways that there are. Whether they have become so only PostgreSQL says.
 */
export async function satisfyAll(scene: Scene, nodes: readonly Node[], want = true): Promise<void> {
  for (let pass = 0; pass < PASSES; pass += 1) {
    const unmet = await findUnmet(scene, nodes, want)
    if (unmet.length === 0) return
    // What one asks for may break another.
    for (const node of scene.random.shuffle(unmet)) await satisfy(scene, node, want)
  }
}

/** Those that are not so yet. */
async function findUnmet(scene: Scene, nodes: readonly Node[], want: boolean): Promise<Node[]> {
  if (nodes.length === 0) return []
  const tests = nodes.map((node) => `(${scene.texts.writeExpression(node)}) is not ${!want}`)
  const met = await evaluate(scene, tests)
  if (met) return nodes.filter((_, i) => met[i] !== 'true')
  // One of them cannot be computed.
  const [first, ...rest] = nodes
  if (!first || rest.length === 0) return [...nodes]
  return [...(await findUnmet(scene, [first], want)), ...(await findUnmet(scene, rest, want))]
}

async function satisfy(scene: Scene, node: Node, want: boolean): Promise<void> {
  if ('BoolExpr' in node)
    return satisfyParts(scene, node.BoolExpr.boolop ?? '', node.BoolExpr.args ?? [], want)
  if ('A_Expr' in node) return satisfyComparison(scene, node, want)
  if ('NullTest' in node && node.NullTest.arg)
    return setNull(scene, node.NullTest.arg, (node.NullTest.nulltesttype === 'IS_NULL') === want)
  if ('BooleanTest' in node) return satisfyTest(scene, node.BooleanTest, want)
  if ('CaseExpr' in node) return satisfyCase(scene, node.CaseExpr, want)
  if ('FuncCall' in node) return satisfyCall(scene, node, want)
  if ('TypeCast' in node && node.TypeCast.arg) return satisfy(scene, node.TypeCast.arg, want)
  if ('CoalesceExpr' in node && node.CoalesceExpr.args?.[0])
    return satisfy(scene, node.CoalesceExpr.args[0], want)
  return assign(scene, node, String(want))
}

function satisfyParts(scene: Scene, kind: string, args: readonly Node[], want: boolean) {
  if (kind === 'NOT_EXPR') return satisfyAll(scene, args, !want)
  if ((kind === 'AND_EXPR') === want) return satisfyAll(scene, args, want)
  return satisfyAll(scene, [scene.random.pick(args)], want)
}

async function satisfyTest(
  scene: Scene,
  { arg, booltesttype = 'IS_TRUE' }: BooleanTest,
  want: boolean,
) {
  if (!arg) return
  if (/UNKNOWN/.test(booltesttype))
    return setNull(scene, arg, (booltesttype === 'IS_UNKNOWN') === want)
  const isTrue = booltesttype === 'IS_TRUE' || booltesttype === 'IS_NOT_FALSE'
  return satisfy(scene, arg, isTrue === want)
}

async function satisfyCase(scene: Scene, { arg, args = [], defresult }: CaseExpr, want: boolean) {
  const branches = args.flatMap((one) => ('CaseWhen' in one ? [one.CaseWhen] : []))
  const chosen = scene.random.int(0, branches.length - (defresult ? 0 : 1))
  for (const [i, { expr, result }] of branches.entries()) {
    if (i > chosen || !expr) return
    const condition = arg ? compare('=', arg, expr) : expr
    await satisfyAll(scene, [condition], i === chosen)
    if (i === chosen && result) return satisfy(scene, result, want)
  }
  if (defresult) await satisfy(scene, defresult, want)
}

async function satisfyCall(scene: Scene, node: { FuncCall: FuncCall }, want: boolean) {
  const [subject, other] = node.FuncCall.args ?? []
  const name = lastWord(node.FuncCall.funcname)
  if (want && subject && other && /^(starts_with|regexp_like)$/.test(name))
    return reach(
      scene,
      subject,
      name === 'starts_with' ? '=' : '~',
      scene.texts.writeExpression(other),
    )
  redrawSome(scene, node)
}

async function satisfyComparison(scene: Scene, node: { A_Expr: A_Expr }, want: boolean) {
  const { kind = 'AEXPR_OP', name, lexpr, rexpr } = node.A_Expr
  if (!lexpr || !rexpr) return redrawSome(scene, node)
  const write = scene.texts.writeExpression
  if (kind === 'AEXPR_OP_ANY' && want) return satisfyAny(scene, lexpr, lastWord(name), rexpr)
  const written = kind === 'AEXPR_DISTINCT' ? '<>' : lastWord(name)
  const operator = want ? written : NEGATED[written]
  if (operator === undefined || !/^AEXPR_(OP|DISTINCT|NOT_DISTINCT)$/.test(kind))
    return redrawSome(scene, node)
  const mirrored = MIRRORED[operator]
  const ways: (() => Promise<void>)[] = []
  if (columnsIn(lexpr, scene.columns).length > 0)
    ways.push(() => reach(scene, lexpr, operator, write(rexpr)))
  if (columnsIn(rexpr, scene.columns).length > 0 && mirrored !== undefined)
    ways.push(() => reach(scene, rexpr, mirrored, write(lexpr)))
  if (ways.length > 0) await scene.random.pick(ways)()
}

/** `place operator any (array)`: for one of its elements; or an array of the row that is to hold the value. */
async function satisfyAny(scene: Scene, place: Node, operator: string, array: Node) {
  const [all, one] = [array, place].map(scene.texts.writeExpression)
  if (columnsIn(place, scene.columns).length === 0) return assign(scene, array, `array[${one}]`)
  const [length] = (await evaluate(scene, [`pg_catalog.cardinality(${all})`])) ?? []
  const chosen = scene.random.int(1, Math.max(1, Number(length ?? 0)))
  await reach(scene, place, operator, `(${all})[${chosen}]`)
}

/** Makes `place operator other` true by changing what `place` reads. */
async function reach(scene: Scene, place: Node, operator: string, other: string): Promise<void> {
  const [value, type] = (await evaluate(scene, [other, `pg_catalog.pg_typeof(${other})`])) ?? []
  if (typeof value !== 'string' || typeof type !== 'string') return redrawSome(scene, place)
  const { random } = scene
  if (/^~~\*?$/.test(operator)) return assign(scene, place, writeLiteral(matchLike(value, random)))
  if (/^~\*?$/.test(operator)) return assign(scene, place, writeLiteral(matchRegex(value, random)))
  if (/^!~\*?$/.test(operator) && random.chance(0.7))
    return assign(scene, place, remove(scene.texts.writeExpression(place), value))
  const json = mergeJson(scene.texts.writeExpression(place), operator, other, type)
  const target = json ?? nudge(operator, value, type, random)
  return target === undefined ? redrawSome(scene, place) : assign(scene, place, target)
}

/** A text without what a regular expression matches. */
function remove(text: string, pattern: string): string {
  return `pg_catalog.regexp_replace(${text}, ${writeLiteral(pattern)}, '', 'g')`
}

/** Changes what `node` reads so that it has the value of the expression `target`. */
async function assign(scene: Scene, node: Node, target: string): Promise<void> {
  if ('ColumnRef' in node) return assignColumn(scene, node, target)
  if ('TypeCast' in node && node.TypeCast.arg) return assignCast(scene, node.TypeCast, target)
  if ('CoalesceExpr' in node && node.CoalesceExpr.args?.[0])
    return assign(scene, node.CoalesceExpr.args[0], target)
  if ('MinMaxExpr' in node) {
    for (const arg of node.MinMaxExpr.args ?? [])
      if (columnsIn(arg, scene.columns).length > 0) await assign(scene, arg, target)
    return
  }
  if ('BoolExpr' in node || 'NullTest' in node || 'BooleanTest' in node)
    return assignTruth(scene, node, target)
  if ('A_Expr' in node && NEGATED[lastWord(node.A_Expr.name)] !== undefined)
    return assignTruth(scene, node, target)
  if ('FuncCall' in node && /^num_(non)?nulls$/.test(lastWord(node.FuncCall.funcname)))
    return assignNulls(scene, node.FuncCall, target)
  const inverse = await invert(scene, node, target)
  return inverse ? assign(scene, inverse.place, inverse.target) : redrawSome(scene, node)
}

async function invert(scene: Scene, node: Node, target: string) {
  if ('FuncCall' in node) return invertCall(scene, node.FuncCall, target)
  if (!('A_Expr' in node)) return undefined
  const { name, lexpr, rexpr } = node.A_Expr
  return lexpr && rexpr && invertOperator(scene, lastWord(name), [lexpr, rexpr], target)
}

/** A generated column is changed by what it is generated from. */
async function assignColumn(scene: Scene, node: Node, target: string): Promise<void> {
  const [column] = columnsIn(node, scene.columns)
  if (!column) return
  if (column.filledBy === 'generated') {
    const source = scene.texts.readExpression(column.expression ?? '')
    return source && assign(scene, source, target)
  }
  const [value] = (await evaluate(scene, [`(${target})::${withoutDomain(column.type).sql}`])) ?? []
  if (typeof value === 'string') scene.values.set(column.name, value)
  else scene.redraw(column)
}

/** A time of day is one of a moment, whose day stays. */
async function assignCast(scene: Scene, { arg, typeName }: TypeCast, target: string) {
  if (!arg) return
  const day = `pg_catalog.date_trunc('day', ${scene.texts.writeExpression(arg)})`
  await assign(scene, arg, lastWord(typeName?.names) === 'time' ? `${day} + (${target})` : target)
}

/** So many of the arguments are NULL, or not. */
async function assignNulls(scene: Scene, { funcname, args = [] }: FuncCall, target: string) {
  const [count] = (await evaluate(scene, [target])) ?? []
  const areNull = lastWord(funcname) === 'num_nulls'
  for (const [i, arg] of scene.random.shuffle(args).entries())
    await setNull(scene, arg, i < Number(count) === areNull)
}

async function assignTruth(scene: Scene, node: Node, target: string) {
  const [value] = (await evaluate(scene, [target])) ?? []
  await satisfy(scene, node, value === 'true' || value === '1')
}

async function setNull(scene: Scene, node: Node, isNull: boolean): Promise<void> {
  const columns = columnsIn(node, scene.columns)
  if (isNull) {
    for (const { name } of columns) scene.values.set(name, null)
    return
  }
  for (const column of columns) scene.redraw(column)
  // A key of a document, which is rarely there by chance.
  if ('A_Expr' in node) await assign(scene, node, `'x'::text`)
}
