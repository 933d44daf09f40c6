import type { Reporter } from '@techfacts/migrator'
import { renderPage } from './page/index.ts'
import { drawSchema } from './picture/index.ts'

/** What `migrate erd` and `migrate verify --html` print with. */
const reporter: Reporter = {
  async drawSchema({ catalog }) {
    return drawSchema(catalog)
  },
  renderPage,
}

export default reporter
