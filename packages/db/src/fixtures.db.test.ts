import { readFile } from 'node:fs/promises'

import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { differences, readSchema, rows } from './testing/database.ts'

test('generation A is generation B without projects, and with the reports of its time', async () => {
  await using a = await createTestDatabase()
  await using b = await createTestDatabase()
  await rows(a.url, await fixture('generation-a.sql'))
  await rows(b.url, await fixture('generation-b.sql'))
  expect(differences(await readSchema(a.url), await readSchema(b.url)).sort()).toEqual([
    'changed column public.reports.categories: type, default',
    'changed column public.reports.content: notNull',
    'changed column public.reports.title: notNull',
    'extra column public.reports.companies',
    'extra column public.reports.fact_ids',
    'extra column public.reports.generated_at',
    'extra index public.idx_reports_generated_at',
    'missing column public.jobs.project_id',
    'missing column public.reports.created_at',
    'missing column public.reports.extraction_ids',
    'missing column public.reports.project_id',
    'missing column public.reports.source_groups',
    'missing constraint public.jobs.jobs_project_id_fkey',
    'missing constraint public.reports.reports_project_id_fkey',
    'missing index public.idx_jobs_project',
    'missing index public.idx_reports_created_at',
    'missing table public.entities',
    'missing table public.extraction_entities',
    'missing table public.extractions',
    'missing table public.projects',
    'missing table public.sources',
  ])
})

const fixture = async (name: string) =>
  readFile(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
