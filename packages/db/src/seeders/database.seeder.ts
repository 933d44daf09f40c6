import type { EntityManager } from '@mikro-orm/postgresql'
import { Seeder } from '@mikro-orm/seeder'

import { ProfileSeeder, type SeedContext } from './profile.seeder.ts'

/** Runs every seeder, in order. The caller wraps it in a transaction. */
export class DatabaseSeeder extends Seeder {
  override async run(em: EntityManager, context?: SeedContext): Promise<void> {
    // Not MikroORM's `call`: it forks the entity manager, and a fork works outside of the caller's transaction.
    await new ProfileSeeder().run(em, context)
  }
}
