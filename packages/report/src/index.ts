import type { Reporter } from '@techfacts/migrator'
import { drawSchema } from './picture/index.ts'

/** What `migrate erd` and `migrate verify --html` print with. */
const reporter: Reporter = {
  async drawSchema({ catalog }) {
    return drawSchema(catalog)
  },
  async renderPage() {
    throw new Error('Not written yet.')
  },
}

export default reporter
