import { startServer } from '@techfacts/postgres'
import { mkdirSync, writeFileSync } from 'node:fs'
const urls: Record<string, string> = {}
for (const major of [18, 15, 17, 16] as const) {
  const folder = `/dev/shm/locktable-pg/${major}`
  mkdirSync(folder, { recursive: true })
  const server = await startServer({
    folder,
    major,
    settings: {
      fsync: 'off',
      autovacuum: 'off',
      shared_buffers: '32MB',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      max_worker_processes: '2',
      wal_level: 'minimal',
      max_wal_senders: '0',
    },
  })
  urls[major] = server.url
  writeFileSync('/tmp/tmp-locktable/urls.json', JSON.stringify(urls))
  console.log(major, server.url)
}
setInterval(() => {}, 1000)
