/** The operating system's user that a server runs as. */
export type Account = { readonly uid: number; readonly gid: number }
