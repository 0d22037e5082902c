// Measures one model and prints what it found as one line of JSON: node bench/model-process.mjs '{"model":...}'
import { measureModel } from './model.mjs'

console.log(JSON.stringify(await measureModel(JSON.parse(process.argv[2]))))
