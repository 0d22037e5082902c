// The idea of CLIF in one picture: how much gradient comes back through time, beside LIF.
import { clif, gradientMap, lif, plif, save } from 'spikelet'
import { gradientLeft } from 'spikelet/analysis'

const map = gradientMap([lif(), plif(), clif()], { T: 32 })
for (const one of map.maps) console.log(one.name, 'after 4 steps', `${(100 * gradientLeft(one, 4)).toFixed(1)} %`)
await save(map, 'gradients.svg')
