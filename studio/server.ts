/** What `spikelet studio` puts into the address: without it, the page lies on a host that knows nothing of runs. */
const kept = 'spikelet-token'
const given = new URLSearchParams(location.search).get('token')

if (given) {
  sessionStorage.setItem(kept, given)
  history.replaceState(null, '', location.pathname + location.hash)
}

const token = given ?? sessionStorage.getItem(kept)

/** Whether `spikelet studio` serves this page. */
export const hasServer = token !== null

/** Asks the server. @throws Error with what it says */
export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`./api/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'X-Spikelet-Token': token ?? '', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error ?? response.statusText)
  return answer
}

/** A file of a run, by its name in the list of run files, such as `best`. @throws Error with what the server says */
export async function askFile(id: string, file: string): Promise<Uint8Array> {
  const query = new URLSearchParams({ id, file })
  const response = await fetch(`./api/file?${query}`, { headers: { 'X-Spikelet-Token': token ?? '' } })
  if (!response.ok) throw new Error((await response.json()).error ?? response.statusText)
  return new Uint8Array(await response.arrayBuffer())
}

/** Calls back whenever something changed in the folder of runs. @returns ends the listening */
export function onChange(changed: (ids: readonly string[]) => void): () => void {
  const ended = new AbortController()
  const listen = async () => {
    while (!ended.signal.aborted) {
      try {
        const response = await fetch('./api/changes', {
          headers: { 'X-Spikelet-Token': token ?? '' },
          signal: ended.signal,
        })
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
        let text = ''
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          text += part.value
          const lines = text.split('\n')
          text = lines.pop() ?? ''
          for (const line of lines) if (line !== '') changed(JSON.parse(line))
        }
      } catch {
        // The server is away, or this page goes: tried again as long as somebody listens.
      }
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
  void listen()
  return () => ended.abort()
}
