/**
 * Threads share memory only in a page with the headers COOP and COEP. Where the host does not send them, a service worker
 * adds them, and the page is loaded once more.
 * @returns whether the page goes on; false: it is being loaded again
 */
export async function isolated(): Promise<boolean> {
  if (globalThis.crossOriginIsolated || !('serviceWorker' in navigator) || !globalThis.isSecureContext) return true
  // An embedded page cannot be isolated unless the one around it is.
  if (window.top !== window.self) return true
  const tried = 'spikelet-isolation'
  try {
    await navigator.serviceWorker.register('./isolate.js')
    if (sessionStorage.getItem(tried)) return true
    sessionStorage.setItem(tried, 'yes')
    await navigator.serviceWorker.ready
    location.reload()
    return false
  } catch {
    return true
  }
}
