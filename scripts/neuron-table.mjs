// Writes the table of docs/neurons.md anew, from the definitions of the neurons.
import { readFile, writeFile } from 'node:fs/promises'

const { neuronTable } = await import('../dist/report/index.js')
const { neurons } = await import('../dist/neurons/index.js')
const file = new URL('../docs/neurons.md', import.meta.url)
const page = await readFile(file, 'utf8')
const [before] = page.split('<!-- table -->')
const after = page.split('<!-- end -->')[1]
await writeFile(file, `${before}<!-- table -->\n\n${neuronTable(neurons)}\n\n<!-- end -->${after}`)
