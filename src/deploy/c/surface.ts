import { type Shape, sizeOf } from '../../base/index.ts'

/** What the header and the example say of a program. */
export interface CFacts {
  readonly name: string
  readonly network: string
  readonly input: Shape
  readonly outputs: number
  readonly stateCount: number
  /** Whether numbers of events need 32 bits. */
  readonly wide: boolean
  /** Types of numbers and of their sums, and what stands for 1 where they are whole. */
  readonly numbers: { readonly type: string; readonly sumType: string; readonly one: number | null }
}

export function headerText({ name, network, input, outputs, stateCount, wide, numbers }: CFacts): string {
  const upper = name.toUpperCase()
  const guard = `${upper}_H`
  const whole = numbers.one
    ? `/* Numbers are whole: what stands for 1, in frames, outputs and states. No floating point is used. */
#define ${upper}_ONE ${numbers.one}
`
    : ''
  return `/* ${network}, written by Spikelet: a spiking network that runs one time step a call. */
#ifndef ${guard}
#define ${guard}

#include <stdint.h>

/* Numbers of a frame, [${input.join(', ')}], the last axis first in memory, and of outputs. */
#define ${name.toUpperCase()}_INPUTS ${sizeOf(input)}
#define ${name.toUpperCase()}_OUTPUTS ${outputs}

/* Place of an event in the frame. */
typedef ${wide ? 'uint32_t' : 'uint16_t'} ${name}_index;

${whole}typedef ${numbers.type} ${name}_number;

/* All that is carried from one step to the next; it may be copied, and put back. */
typedef struct {
  ${name}_number values[${Math.max(1, stateCount)}];
  ${numbers.sumType} sums[${outputs}];
  uint32_t steps;
} ${name}_state;

/* To be called once, before anything else. */
void ${name}_init(void);
/* Forgets all steps. */
void ${name}_reset(void);
/* One time step with a frame of numbers. */
void ${name}_step(const ${name}_number *frame);
/* One time step with events, each of which counts 1 at its place. */
void ${name}_step_events(const ${name}_index *events, uint32_t count);
/* Outputs of the latest step. */
const ${name}_number *${name}_outputs(void);
/* Their mean since the last reset, by which a class is chosen. */
void ${name}_logits(${name}_number *logits);
/* The state, to be saved or restored. */
${name}_state *${name}_block(void);

#endif
`
}

/** A program that reads events and tells a class. */
export function exampleText({ name, input, outputs, numbers }: CFacts): string {
  const size = sizeOf(input)
  const [logit, library] = numbers.one
    ? [`(double)logits[k] / ${name.toUpperCase()}_ONE`, '']
    : ['(double)logits[k]', ' -lm']
  return `/* Reads time steps from standard input, one a line: the places of its events, 0 to ${size - 1}, with spaces between.
 * Writes the class after the last line, and the mean outputs. An empty line is a step without events.
 *
 *   cc -std=c99 -O2 ${name}.c ${name}_main.c${library} && ./a.out < events.txt
 */
#include <stdio.h>
#include "${name}.h"

int main(void) {
  static ${name}_index events[${size}];
  ${name}_number logits[${outputs}];
  uint32_t count = 0, number = 0;
  int digit = 0, read, best = 0;
  ${name}_init();
  while ((read = getchar()) != EOF) {
    if (read >= '0' && read <= '9') {
      number = number * 10u + (uint32_t)(read - '0');
      digit = 1;
      if (number >= ${size}u) {
        fprintf(stderr, "an event lies outside of the frame of ${size} places\\n");
        return 1;
      }
      continue;
    }
    if (digit && count < ${size}u) events[count++] = (${name}_index)number;
    digit = 0;
    number = 0;
    if (read == '\\n') {
      ${name}_step_events(events, count);
      count = 0;
    }
  }
  ${name}_logits(logits);
  for (int k = 1; k < ${outputs}; k++) if (logits[k] > logits[best]) best = k;
  printf("class %d\\n", best);
  for (int k = 0; k < ${outputs}; k++) printf("%d %.6f\\n", k, ${logit});
  return 0;
}
`
}
