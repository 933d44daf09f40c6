import { databaseTarget } from '@techfacts/migrator'
import { adopt, parseDecisions, planAdoption } from '@techfacts/migrator/adopt'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { migratorWork, query } from './chain.ts'

/** A project with a database that is older than its migrations. */
export const SHOP_CONFIG = fileURLToPath(
  new URL('fixtures/shop/mikro-orm.config.ts', import.meta.url),
)

export const shop = mikroOrmProject(SHOP_CONFIG)

export const DECISIONS = [
  'purchase.customer_id:null=placeholder',
  'purchase.state:null=default',
  'purchase.state:word=quarantine',
  'purchase_customer_id_code_key:duplicate=quarantine',
]

/** As the first release left it, with rows that head refuses. */
export async function prepareShop(url: string): Promise<void> {
  for (const file of ['release-0.9.sql', 'rows.sql']) {
    await query(url, await readFile(new URL(`fixtures/shop/${file}`, import.meta.url), 'utf8'))
  }
}

/** What `migrate adopt` does with `--yes`: nothing where nothing is left to do. */
export async function adoptShop(url: string): Promise<void> {
  const database = databaseTarget(url, { applicationName: 'migrate' })
  const request = { decisions: parseDecisions(DECISIONS) }
  const { plan } = await planAdoption(shop, database, request)
  if (!plan.isDone) await adopt(shop, database, request, plan)
}

export const adopting = migratorWork(adoptShop, [
  'adopt',
  '--yes',
  ...DECISIONS.flatMap((one) => ['--decide', one]),
  '--config',
  SHOP_CONFIG,
])
