import { projects } from '@techfacts/postgres/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { projects: projects({ majors: [18] }) } })
