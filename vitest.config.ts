import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * `fast` is what `npm run check` runs; `slow` adds training, threads against the build, and processes; `gpu` needs a GPU or a
 * software one, which `npm run check:gpu` looks for. The tests in `*.long.test.ts` prove the same on more: `npm run test:all`.
 *
 * Time limits are for a test that hangs, not for a machine that is busy.
 */
const hangs = { testTimeout: 1_200_000, hookTimeout: 1_200_000, teardownTimeout: 60_000 }
const gpu = { ...hangs, fileParallelism: false }

export default defineConfig({
  test: {
    // Vitest would leave one processor alone, which on two is half of them.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          ...hangs,
          name: 'fast',
          // Files share what they import: to import all of it anew for each took as long as the tests.
          isolate: false,
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.{slow,gpu,long}.test.ts'],
        },
      },
      { test: { ...hangs, name: 'slow', include: ['{src,test}/**/*.slow.test.ts'] } },
      {
        test: { ...hangs, name: 'long', include: ['{src,test}/**/*.long.test.ts'], exclude: ['**/*.gpu.long.test.ts'] },
      },
      { test: { ...gpu, name: 'gpu', include: ['test/gpu/**/*.gpu.test.ts'] } },
      { test: { ...gpu, name: 'gpu-long', include: ['test/gpu/**/*.gpu.long.test.ts'] } },
    ],
  },
})
