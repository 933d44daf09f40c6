import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '../testing/cli.ts'

const DB = fileURLToPath(new URL('../../../../packages/db/', import.meta.url))

const WIDER = 'Migration29990101000001_wider'
const NARROWER = 'Migration29990101000002_narrower'

const MIGRATIONS = {
  [WIDER]: `
  override up(): void {
    this.addSql('create table remark (id int generated always as identity primary key, text text not null)')
    this.addSql('alter table projects add column motto text')
  }

  override down(): void {
    this.addSql('alter table projects drop column motto')
    this.addSql('drop table remark')
  }`,
  [NARROWER]: `
  readonly phase = 'contract'

  override up(): void {
    this.addSql('alter table projects rename column is_template to is_pattern')
  }

  override down(): void {
    this.addSql('alter table projects rename column is_pattern to is_template')
  }`,
}

/** TechFacts as it may be tomorrow: with two migrations more, of which the second breaks the services of today. */
export interface NewerTechFacts extends AsyncDisposable {
  readonly config: string
  readonly wider: string
  readonly narrower: string
}

export async function writeNewerTechFacts(): Promise<NewerTechFacts> {
  await mkdir(join(DB, '.data'), { recursive: true })
  const folder = await mkdtemp(join(DB, '.data/newer-'))
  await cp(join(DB, 'src'), folder, { recursive: true })
  for (const [name, body] of Object.entries(MIGRATIONS)) {
    const text = `import { Migration } from '@mikro-orm/migrations'\n\nexport class ${name} extends Migration {${body}\n}\n`
    await writeFile(join(folder, `migrations/${name}.ts`), text)
  }
  const config = join(folder, 'mikro-orm.config.ts')
  const { exit, stderr } = await migrate(['hash', '--config', config])
  if (exit !== 0) throw new Error(stderr)
  const remove = () => rm(folder, { recursive: true })
  return { config, wider: WIDER, narrower: NARROWER, [Symbol.asyncDispose]: remove }
}
