#!/usr/bin/env node
import { BIN } from '../errors/next-step.ts'
import { runMigrator } from './index.ts'

// Not awaited here: Node would complain of it, in words of its own, where nothing is left to wait for.
void runMigrator({ program: BIN })
