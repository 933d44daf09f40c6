import type { Reporter } from '@techfacts/migrator'

/** What `migrate erd` and `migrate verify --html` print with. */
const reporter: Reporter = {
  async drawSchema() {
    throw new Error('Not written yet.')
  },
  async renderPage() {
    throw new Error('Not written yet.')
  },
}

export default reporter
