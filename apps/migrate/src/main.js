import { enableCompileCache } from 'node:module'

// JavaScript, so that the cache is there before the first TypeScript: without it Node loads a compiler of that language, which
// costs a run with nothing to do as much as all the rest, and 15 MiB.
enableCompileCache()
void import('./program.ts')
