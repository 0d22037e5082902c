/** Bundles the page into a folder, which is made if need be. */
export function buildPage(folder: string): Promise<void>
