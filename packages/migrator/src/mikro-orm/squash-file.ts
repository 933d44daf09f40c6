import { extname } from 'node:path'
import type { ReplacedMigration } from '../migration.ts'
import { BEGAN_WITH_IT } from '../plan/squashes.ts'

interface SquashFile {
  readonly name: string
  /** The file that it takes the place of: its name, and its text. */
  readonly last: { readonly file: string; readonly text: string }
  readonly parts: readonly ReplacedMigration[]
  readonly statements: readonly string[]
}

/** A class of MikroORM that does what several did, in the form of the last of their files. */
export function writeSquash({ name, last, parts, statements }: SquashFile): string {
  const isTyped = /\.[cm]?ts$/.test(extname(last.file))
  const isCommon = /\.c[jt]s$/.test(last.file) || (!isTyped && /\brequire\(/.test(last.text))
  const className = name.replaceAll(/[^$\p{ID_Continue}]+/gu, '_').replace(/^(?=\d)/, 'Migration')
  const replaces = parts.map((part) => `    ${quote(part.name)}: ${quote(part.checksum)},`)
  const queued = statements.map((sql) => `    this.addSql(\`${escape(sql)}\`);`)
  const override = isTyped ? 'override ' : ''
  return `${isCommon ? REQUIRE : IMPORT}
${isCommon ? '' : 'export '}class ${className} extends Migration {
  // A database that has applied some of these goes on with the others, which are in the folder beside this one.
  replaces = {
${replaces.join('\n')}
  };

  ${override}up()${isTyped ? ': void' : ''} {
${queued.join('\n')}
  }

  ${override}down()${isTyped ? ': void' : ''} {
    throw new Error(${quote(BEGAN_WITH_IT)});
  }
}
${isCommon ? `exports.${className} = ${className};\n` : ''}`
}

const IMPORT = `import { Migration } from '@mikro-orm/migrations';\n`
const REQUIRE = `'use strict';\nconst { Migration } = require('@mikro-orm/migrations');\n`

function escape(sql: string): string {
  // A template has no CR but an escaped one: JavaScript reads each end of a line as LF.
  return sql.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&').replaceAll('\r', '\\r')
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
