import { defineConfig } from 'vitest/config';

// Without 'import': vitest hands these on to Node, where a require() must not take the ESM half of a package.
const conditions = ['@edgeflow/source', 'node'];
const shared = {
  // Nest wants the types of constructor parameters at run time, and the sources of the workspace, not its build.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};

export default defineConfig({
  ...shared,
  test: {
    reporters: ['default', './scripts/closing-line.reporter.mjs'],
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{libs,apps}/*/src/**/*.spec.ts', 'test/house/*.spec.ts'],
          exclude: ['**/*.int.spec.ts', '**/node_modules/**'],
          // Properties try a hundred values, on machines that others use as well.
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          include: ['{libs,apps}/*/src/**/*.int.spec.ts', 'test/house/*.int.spec.ts'],
          setupFiles: ['./scripts/declared-refusals.setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          // They wait more than they work.
          maxWorkers: 2,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.spec.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'security',
          include: ['test/security/**/*.security.spec.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.faults.spec.ts'],
          // What takes minutes each: soak, full disks, clocks. `npm run test:faults` runs them as well.
          exclude: process.env.EDGEFLOW_LONG_FAULTS === '1' ? [] : ['**/*.long.faults.spec.ts'],
          testTimeout: process.env.EDGEFLOW_LONG_FAULTS === '1' ? 3_600_000 : 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'compose',
          include: ['test/compose/**/*.compose.spec.ts'],
          globalSetup: 'test/compose/compose.setup.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
