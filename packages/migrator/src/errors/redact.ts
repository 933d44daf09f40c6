/**
 * A text as it may be shown: without the passwords of URLs, connection strings and statements. What PostgreSQL
 * says may quote a statement, and what a driver says may quote a URL.
 */
export function redact(text: string): string {
  return text
    .replaceAll(URL_USER, '$1***@')
    .replaceAll(DOUBLED, '$1***$2')
    .replaceAll(QUOTED, '$1***$2')
    .replaceAll(DOLLARS, '$1***')
    .replaceAll(PLAIN, '$1***')
}

/** As far as the last @ before white space: an unencoded one is part of the password. */
const URL_USER = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*:)(?!password@host)[^\s'"]*@/gi

/** `password ''secret''`, within a literal. */
const DOUBLED = /(\bpassword\s*=?\s*'')[^']+('')/gi

/** `password 'secret'`, `password = E'it''s'`, as PostgreSQL quotes; an unfinished one too. */
const QUOTED = /(\bpassword\s*[=:]?\s*(?:U&|E)?')(?!'\*)(?:[^'\\]|''|\\.)*('|$)/gi

/** `password $tag$secret$tag$` */
const DOLLARS = /(\bpassword\s+)(\$\w*\$)[\s\S]*?\2/gi

/** `password=secret` of a URL or a connection string. */
const PLAIN = /(\b(?:ssl)?password=)(?!['*])[^\s&'"]+/gi
