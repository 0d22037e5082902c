/** What systems and programs leave in folders beside the files that people put there. */
const strays =
  /^(__MACOSX|@eaDir|#recycle|\$RECYCLE\.BIN|System Volume Information|lost\+found|(eh)?thumbs\.db|desktop\.ini)$/i

/**
 * Whether a file or folder of this name is none of a data set's: hidden ones (`.DS_Store`, `._file`), and what systems
 * leave behind (`__MACOSX`, `@eaDir`, `Thumbs.db`). The one place that says so.
 */
export function isStrayName(name: string): boolean {
  return name.startsWith('.') || strays.test(name)
}

/** Of hidden names, those that macOS and its archivers make by themselves: harmless, and of no use. */
export function isSystemLitter(name: string): boolean {
  return strays.test(name) || name === '.DS_Store' || name.startsWith('._')
}
