import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { hasServer } from './server.ts'

interface Page {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

const everywhere: readonly Page[] = [
  {
    name: 'lab',
    title: 'Neuron',
    about: 'what a neuron does, and how its gradient goes',
    load: () => import('./lab/lab.tsx'),
  },
  { name: 'train', title: 'Training', about: 'train it here', load: () => import('./train/train.tsx') },
  {
    name: 'microscope',
    title: 'Microscope',
    about: 'look into a network file',
    load: () => import('./microscope/microscope.tsx'),
  },
]

const served: Page = { name: 'runs', title: 'Runs', about: 'runs of a folder', load: () => import('./runs/runs.tsx') }

const pages = hasServer ? [...everywhere.slice(0, 2), served, everywhere[2]] : everywhere

/** The page that the address names: `#/lab?...`. */
function pageOfAddress(): Page {
  const name = /^#\/([a-z]+)/.exec(location.hash)?.[1]
  return pages.find((page) => page.name === name) ?? pages[0]
}

/** The frame around all pages: navigation, colours, and the page that the address names. */
export function Shell() {
  const [page, setPage] = useState(pageOfAddress)
  const [Content, setContent] = useState<ComponentType | null>(null)
  useEffect(() => {
    const follow = () => setPage(pageOfAddress())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  useEffect(() => {
    let wanted = true
    document.title = `${page.title} · Spikelet studio`
    page.load().then((loaded) => wanted && setContent(() => loaded.default))
    return () => {
      wanted = false
    }
  }, [page])
  return (
    <>
      <a class="skip" href="#content">
        To the content
      </a>
      <header class="bar">
        <a class="brand" href="#/lab">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M3 22h7l4-14 4 14h3l2-6 2 6h4" />
          </svg>
          Spikelet
        </a>
        <nav aria-label="Pages">
          {pages.map(({ name, title, about }) => (
            <a href={`#/${name}`} title={about} aria-current={name === page.name ? 'page' : undefined} key={name}>
              {title}
            </a>
          ))}
        </nav>
        <ThemeSwitch />
      </header>
      <main id="content" tabIndex={-1}>
        {Content ? <Content /> : <p class="waiting">…</p>}
      </main>
    </>
  )
}

type Theme = 'auto' | 'light' | 'dark'

const themes: { readonly [theme in Theme]: { readonly next: Theme; readonly sign: string } } = {
  auto: { next: 'light', sign: '◐' },
  light: { next: 'dark', sign: '○' },
  dark: { next: 'auto', sign: '●' },
}

function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem('spikelet-theme')
    return kept === 'light' || kept === 'dark' ? kept : 'auto'
  })
  useEffect(() => {
    document.documentElement.dataset.theme = theme
    localStorage.setItem('spikelet-theme', theme)
    dispatchEvent(new Event('spikelet-theme'))
  }, [theme])
  const { next, sign } = themes[theme]
  return (
    <button
      type="button"
      class="plain"
      onClick={() => setTheme(next)}
      aria-label={`Colours: ${theme}. Change to ${next}.`}
    >
      {sign}
    </button>
  )
}
