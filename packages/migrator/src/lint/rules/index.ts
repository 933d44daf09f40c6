import type { Rule } from '../rule.ts'
import { accessChanges } from './access-changes.ts'
import { attachScans } from './attach-scans.ts'
import { backfillUnderLock } from './backfill-under-lock.ts'
import { breaksPreviousRelease } from './breaks-previous-release.ts'
import { buildBehindAdvisoryLock } from './build-behind-advisory-lock.ts'
import { buildUnderLockTimeout } from './build-under-lock-timeout.ts'
import { cascadeTakesMore } from './cascade-takes-more.ts'
import { cascadingDelete } from './cascading-delete.ts'
import { castLosesValues } from './cast-loses-values.ts'
import { checkScans } from './check-scans.ts'
import { collationRebuildsIndexes } from './collation-rebuilds-indexes.ts'
import { concurrentlyInTransaction } from './concurrently-in-transaction.ts'
import { concurrentlyOnPartitioned } from './concurrently-on-partitioned.ts'
import { concurrentlyRefused } from './concurrently-refused.ts'
import { defaultLeavesOldRows } from './default-leaves-old-rows.ts'
import { deletesData } from './deletes-data.ts'
import { detachBlocks } from './detach-blocks.ts'
import { domainColumnRewrites } from './domain-column-rewrites.ts'
import { domainConstraintScans } from './domain-constraint-scans.ts'
import { dropIndexBlocks } from './drop-index-blocks.ts'
import { dropLocksOtherTables } from './drop-locks-other-tables.ts'
import { dropOfPartition } from './drop-of-partition.ts'
import { duplicatesFailLate } from './duplicates-fail-late.ts'
import { enforcingScans } from './enforcing-scans.ts'
import { enumValueUsedAtOnce } from './enum-value-used-at-once.ts'
import { enumValueWithoutPosition } from './enum-value-without-position.ts'
import { exclusionBuilds } from './exclusion-builds.ts'
import { foreignKeyOfPartitioned } from './foreign-key-of-partitioned.ts'
import { foreignKeyScans } from './foreign-key-scans.ts'
import { foreignKeyWithoutIndex } from './foreign-key-without-index.ts'
import { ifNotExists } from './if-not-exists.ts'
import { indexBlocksWrites } from './index-blocks-writes.ts'
import { indexGoneBeforeNext } from './index-gone-before-next.ts'
import { inlineConstraintScans } from './inline-constraint-scans.ts'
import { jsonHasNoEquality } from './json-has-no-equality.ts'
import { keyRunsOut } from './key-runs-out.ts'
import { keyTypesDiffer } from './key-types-differ.ts'
import { limitingType } from './limiting-type.ts'
import { lockTable } from './lock-table.ts'
import { lockWithoutTimeout } from './lock-without-timeout.ts'
import { nameTooLong } from './name-too-long.ts'
import { notNullScans } from './not-null-scans.ts'
import { partitionLocksParent } from './partition-locks-parent.ts'
import { primaryKeyBuilds } from './primary-key-builds.ts'
import { refreshBlocksReads } from './refresh-blocks-reads.ts'
import { reindexBlocks } from './reindex-blocks.ts'
import { requiredColumnFails } from './required-column-fails.ts'
import { rowSecurityHidesRows } from './row-security-hides-rows.ts'
import { searchPathChanges } from './search-path-changes.ts'
import { sequenceJumps } from './sequence-jumps.ts'
import { serialRewrites } from './serial-rewrites.ts'
import { settingOutlivesTransaction } from './setting-outlives-transaction.ts'
import { severalForeignKeys } from './several-foreign-keys.ts'
import { severalLockedTables } from './several-locked-tables.ts'
import { storageRewrites } from './storage-rewrites.ts'
import { storedColumnRewrites } from './stored-column-rewrites.ts'
import { tableWorkedTwice } from './table-worked-twice.ts'
import { timeoutIsOff } from './timeout-is-off.ts'
import { transactionInTransaction } from './transaction-in-transaction.ts'
import { transactionLeftOpen } from './transaction-left-open.ts'
import { triggerDroppedAndMade } from './trigger-dropped-and-made.ts'
import { typeChangeOfViewedColumn } from './type-change-of-viewed-column.ts'
import { typeChangeRewrites } from './type-change-rewrites.ts'
import { uniqueKeyBuilds } from './unique-key-builds.ts'
import { unreadableStatement } from './unreadable-statement.ts'
import { viewDroppedAndMade } from './view-dropped-and-made.ts'
import { volatileDefaultRewrites } from './volatile-default-rewrites.ts'
import { wholeTableWrite } from './whole-table-write.ts'
import { wideIndex } from './wide-index.ts'
import { workUnderHeldLock } from './work-under-held-lock.ts'
import { zoneChangeDependsOnSession } from './zone-change-depends-on-session.ts'

/** The only list of the rules. Findings of a statement come in this order. */
export const RULES: readonly Rule[] = [
  indexBlocksWrites,
  dropIndexBlocks,
  concurrentlyInTransaction,
  buildUnderLockTimeout,
  ifNotExists,
  concurrentlyOnPartitioned,
  concurrentlyRefused,
  reindexBlocks,
  indexGoneBeforeNext,
  duplicatesFailLate,
  wideIndex,
  volatileDefaultRewrites,
  serialRewrites,
  storedColumnRewrites,
  requiredColumnFails,
  inlineConstraintScans,
  domainColumnRewrites,
  defaultLeavesOldRows,
  jsonHasNoEquality,
  keyRunsOut,
  keyTypesDiffer,
  limitingType,
  nameTooLong,
  typeChangeRewrites,
  zoneChangeDependsOnSession,
  castLosesValues,
  typeChangeOfViewedColumn,
  collationRebuildsIndexes,
  notNullScans,
  checkScans,
  workUnderHeldLock,
  enforcingScans,
  foreignKeyScans,
  foreignKeyOfPartitioned,
  severalForeignKeys,
  foreignKeyWithoutIndex,
  uniqueKeyBuilds,
  primaryKeyBuilds,
  exclusionBuilds,
  cascadingDelete,
  dropLocksOtherTables,
  deletesData,
  cascadeTakesMore,
  breaksPreviousRelease,
  partitionLocksParent,
  attachScans,
  detachBlocks,
  dropOfPartition,
  storageRewrites,
  rowSecurityHidesRows,
  accessChanges,
  triggerDroppedAndMade,
  refreshBlocksReads,
  viewDroppedAndMade,
  enumValueUsedAtOnce,
  enumValueWithoutPosition,
  domainConstraintScans,
  sequenceJumps,
  lockWithoutTimeout,
  timeoutIsOff,
  backfillUnderLock,
  severalLockedTables,
  settingOutlivesTransaction,
  wholeTableWrite,
  unreadableStatement,
  transactionInTransaction,
  transactionLeftOpen,
  searchPathChanges,
  lockTable,
  tableWorkedTwice,
  buildBehindAdvisoryLock,
]
