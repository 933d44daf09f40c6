import type { Plan, Segment } from '@techfacts/migrator'

/** A plan as a person reads it: migrations, segments, statements. */
export function renderPlan({ direction, migrations }: Plan): string {
  if (migrations.length === 0) return 'Nothing to do.\n'
  const blocks = migrations.map(({ migration, segments, resumes }) => {
    const goesOn = resumes ? ', goes on from where it stopped' : ''
    return [
      `${migration.name} (${direction}, ${migration.phase}${goesOn})`,
      ...segments.map(renderSegment),
    ].join('\n')
  })
  return `${blocks.join('\n\n')}\n`
}

function renderSegment(segment: Segment): string {
  const where = segment.mode === 'outside' ? 'outside a transaction' : 'one transaction'
  const body = segment.run ? ['(code)'] : segment.statements.map(({ sql }) => sql)
  const indented = body.map((sql) => `    ${sql.replaceAll('\n', '\n    ')}`)
  return [`  segment ${segment.index} of ${segment.of}, ${where}`, ...indented].join('\n')
}
