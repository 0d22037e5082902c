import { render } from 'preact'
import { isolated } from './isolation.ts'
import { Shell } from './shell.tsx'
import './style.css'

const place = document.getElementById('studio')
if (place && (await isolated())) {
  place.replaceChildren()
  render(<Shell />, place)
}
