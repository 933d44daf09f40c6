/**
 * Preloaded into each program that `start` runs: when the channel to the parent breaks, because the
 * parent was killed, the program gets the signal that the parent would have sent.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref() // the channel alone does not keep the program running
