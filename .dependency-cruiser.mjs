import { join } from 'node:path';

/** What eslint does not see: circles of imports between files, those of types as well, and borders inside a project. */
export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'What both need goes into a file of its own, or the one hands it to the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'the-demo-stands-apart',
      comment: 'The demo uses standalone; standalone does without it, but for the command line.',
      severity: 'error',
      from: { path: '^apps/standalone/src/', pathNot: '^apps/standalone/src/(demo/|main\\.ts$)' },
      to: { path: '^apps/standalone/src/demo/' },
    },
    {
      name: 'jobs-of-a-deployment-start-no-servers',
      comment: 'docker-compose.yml runs them; the servers of one laptop are no part of what they do.',
      severity: 'error',
      from: { path: '^apps/standalone/src/(setup/setup|provision)\\.command\\.ts$' },
      to: { path: '^libs/embedded/', reachable: true },
    },
    {
      name: 'models-are-no-product',
      comment: 'What stands in for a server in memory is for specs and simulations; what ships talks to the server.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot:
          '(\\.spec|\\.fixture)\\.ts$|^libs/(simulation|testkit)/|^apps/world/|^(apps|libs)/[^/]+/src/memory(\\.ts$|/)',
      },
      to: { path: '^(apps|libs)/[^/]+/src/memory(\\.ts$|/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(import.meta.dirname, 'tsconfig.spec.json') },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@edgeflow/source', 'import', 'types', 'node', 'default'],
    },
  },
};
