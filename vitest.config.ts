import { defineConfig } from 'vitest/config'

/**
 * `fast` is what `npm run check` runs; `slow` adds training, threads against the build, and large property tests; `gpu` needs
 * a GPU or a software one, which `npm run check:gpu` looks for.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/*.gpu.test.ts'],
          // For a test that hangs, not for a machine that is busy.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['src/**/*.slow.test.ts', 'test/**/*.slow.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'gpu',
          include: ['test/gpu/**/*.gpu.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
