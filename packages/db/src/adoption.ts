import type { Adoption } from '@techfacts/migrator/adopt'

const FIRST = 'Migration20261122153648_legacy_generation_b'

/** The schemas that `init.sql` made, by which `migrate adopt` recognises old databases. Their catalogs are committed. */
export const adoption: Adoption = {
  schemas: [
    { name: 'generation B', joinsAfter: FIRST },
    {
      name: 'generation A',
      catalog: 'catalogs/generation-a.jsonl',
      joinsAfter: FIRST,
      // Tables, keys and indexes that A lacks are made by the statements of the first migration.
      upgrade: [
        'alter table jobs add column project_id uuid',
        'alter table reports alter column title drop not null, alter column content drop not null',
        'alter table reports rename column generated_at to created_at',
        'alter index idx_reports_generated_at rename to idx_reports_created_at',
        'alter table reports rename column companies to source_groups',
        'alter table reports rename column fact_ids to extraction_ids',
        `alter table reports
           add column project_id uuid,
           alter column source_groups drop not null,
           alter column source_groups type jsonb using to_jsonb(source_groups),
           alter column source_groups set default '[]',
           alter column categories type jsonb using to_jsonb(categories),
           alter column categories set default '[]',
           alter column extraction_ids type jsonb using to_jsonb(extraction_ids),
           alter column extraction_ids set default '[]'`,
      ],
      columnSources: {
        'reports.created_at': 'generated_at',
        'reports.source_groups': 'to_jsonb(companies)',
        'reports.categories': 'to_jsonb(categories)',
        'reports.extraction_ids': 'to_jsonb(fact_ids)',
      },
    },
  ],
  placeholderParents: {
    'public.projects': {
      description: 'a project named "adopted"',
      insert: `insert into projects (name, description, extraction_schema)
        select 'adopted', 'Took in rows that had no project when this database was adopted', '{}'
         where not exists (select from projects where name = 'adopted')`,
      find: `select id from projects where name = 'adopted'`,
      unusedKey: '00000000-0000-0000-0000-000000000000',
    },
  },
}
