import { defineConfig } from 'vite'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    // The policy of the page allows files of its origin, and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
