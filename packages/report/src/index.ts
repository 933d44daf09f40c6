import type { Reporter } from '@techfacts/migrator'
import { renderPage } from './page/index.ts'
import { drawSchema } from './picture/index.ts'

/** What `migrate erd` and `migrate verify --html` print with. */
const reporter: Reporter = {
  drawSchema,
  renderPage,
}

export default reporter
