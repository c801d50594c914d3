import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Without 'import': vitest hands these on to Node, where a require() must not take the ESM half of a package.
const conditions = ['@edgeflow/source', 'node'];
const shared = {
  // Nest wants the types of constructor parameters at run time, and the sources of the workspace, not its build.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};

/**
 * Groups run one after the other, quick ones first. The projects of a group share its workers: what waits more than it works runs beside its like, and
 * no more of it than two cores carry.
 */
const quick = { sequence: { groupOrder: 0 }, isolate: false };
const servers = { sequence: { groupOrder: 1 }, maxWorkers: 4 };
const installations = { sequence: { groupOrder: 2 }, maxWorkers: 2 };
/** A flood leaves no machine for anything beside it. */
const attacked = { sequence: { groupOrder: 3 }, maxWorkers: 1 };

export default defineConfig({
  ...shared,
  test: {
    // Workers and the programs that they start compile what they load once.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile') },
    reporters: ['default', './scripts/closing-line.reporter.mjs'],
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{libs,apps}/*/src/**/*.spec.ts', 'test/house/*.spec.ts', 'bench/*/*.spec.mjs'],
          exclude: ['**/*.int.spec.ts', '**/node_modules/**'],
          // They are pure, and loading takes longer than they do: files share what they load.
          ...quick,
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
          ...servers,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.spec.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...installations,
        },
      },
      {
        ...shared,
        test: {
          name: 'security',
          include: ['test/security/**/*.security.spec.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...attacked,
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
          ...(process.env.EDGEFLOW_LONG_FAULTS === '1' ? { fileParallelism: false } : installations),
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
