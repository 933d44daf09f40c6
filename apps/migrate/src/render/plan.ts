import type { Preview, Segment } from '@techfacts/migrator'

/** A plan as a person reads it: migrations, segments, statements, and the `command` that runs just this. */
export function renderPlan({ plan, hash }: Preview, command: string): string {
  const { direction, migrations } = plan
  if (migrations.length === 0) return 'Nothing to do.\n'
  const blocks = migrations.map(({ migration, segments, resumes }) => {
    const goesOn = resumes ? ', goes on from where it stopped' : ''
    return [
      `${migration.name} (${direction}, ${migration.phase}${goesOn})`,
      ...segments.map(renderSegment),
    ].join('\n')
  })
  return `${blocks.join('\n\n')}\n\nTo run this and nothing else: ${command} --plan-hash ${hash}\n`
}

function renderSegment(segment: Segment): string {
  const where = segment.mode === 'outside' ? 'outside a transaction' : 'one transaction'
  const body = segment.run ? ['(code)'] : segment.statements.map(({ sql }) => sql)
  const indented = body.map((sql) => `    ${sql.replaceAll('\n', '\n    ')}`)
  return [`  segment ${segment.index} of ${segment.of}, ${where}`, ...indented].join('\n')
}
