import { elementKernel, type KernelSource, type Storage } from './kernel.ts'

export type Reduction = 'step' | 'mean' | 'sum' | 'max' | 'last'

/** What a row of logits is: a step's, or one value per sample made of all steps. */
const rowValue: { readonly [reduction in Reduction]: string } = {
  step: 'return load_logits(row * p.classes + k);',
  last: 'return load_logits(((p.steps - 1u) * p.samples + row) * p.classes + k);',
  max: `var best = load_logits(row * p.classes + k);
  for (var t = 1u; t < p.steps; t++) { best = max(best, load_logits((t * p.samples + row) * p.classes + k)); }
  return best;`,
  sum: `var sum = 0.0;
  for (var t = 0u; t < p.steps; t++) { sum += load_logits((t * p.samples + row) * p.classes + k); }
  return sum;`,
  mean: `var sum = 0.0;
  for (var t = 0u; t < p.steps; t++) { sum += load_logits((t * p.samples + row) * p.classes + k); }
  return sum / f32(p.steps);`,
}

/** Gives the gradient g of a row's value back to the steps. */
const spread: { readonly [reduction in Reduction]: string } = {
  step: 'gradient[row * p.classes + k] = g;',
  last: `for (var t = 0u; t < p.steps; t++) {
    gradient[(t * p.samples + row) * p.classes + k] = select(0.0, g, t + 1u == p.steps);
  }`,
  max: `var best = 0u;
  for (var t = 1u; t < p.steps; t++) {
    if (load_logits((t * p.samples + row) * p.classes + k) > load_logits((best * p.samples + row) * p.classes + k)) { best = t; }
  }
  for (var t = 0u; t < p.steps; t++) { gradient[(t * p.samples + row) * p.classes + k] = select(0.0, g, t == best); }`,
  sum: 'for (var t = 0u; t < p.steps; t++) { gradient[(t * p.samples + row) * p.classes + k] = g; }',
  mean: 'for (var t = 0u; t < p.steps; t++) { gradient[(t * p.samples + row) * p.classes + k] = g / f32(p.steps); }',
}

/** Softmax cross entropy and squared error of one row an invocation: its share of the loss, and its gradient. */
export function lossRows(reduction: Reduction, logits: Storage): KernelSource {
  return elementKernel({
    name: `loss, ${reduction}`,
    sizes: ['steps', 'samples', 'classes'],
    numbers: ['crossEntropy', 'squaredError', 'off', 'slope'],
    bindings: [
      { name: 'logits', storage: logits },
      { name: 'targets', storage: 'dense' },
      { name: 'gradient', storage: 'dense', write: true },
      { name: 'losses', storage: 'dense', write: true },
    ],
    functions: `fn valueAt(row: u32, k: u32) -> f32 {
  ${rowValue[reduction]}
}
fn give(row: u32, k: u32, g: f32) {
  ${spread[reduction]}
}`,
    body: `  let sample = i % p.samples;
  var highest = valueAt(i, 0u);
  var mass = 0.0;
  for (var k = 0u; k < p.classes; k++) {
    highest = max(highest, valueAt(i, k));
    mass += targets[sample * p.classes + k];
  }
  var sum = 0.0;
  for (var k = 0u; k < p.classes; k++) { sum += exp(valueAt(i, k) - highest); }
  var loss = 0.0;
  for (var k = 0u; k < p.classes; k++) {
    let v = valueAt(i, k);
    let wanted = targets[sample * p.classes + k];
    let off = v - p.off - p.slope * wanted;
    loss += p.squaredError * off * off - p.crossEntropy * wanted * (v - highest - log(sum));
    give(i, k, p.crossEntropy * (mass * exp(v - highest) / sum - wanted) + 2.0 * p.squaredError * off);
  }
  losses[i] = loss;`,
  })
}
