import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import ts from 'typescript-eslint';

/** Each of these packages has one importer, or a named few (CONTRIBUTING.md, "Where things live"). */
const owners = [
  // An example is somebody else's program: it knows none of our libraries.
  { group: ['@nats-io/*'], except: ['libs/event-log/**', 'examples/**'] },
  { group: ['@aws-sdk/*', '@smithy/node-http-handler'], except: ['libs/object-store/**'] },
  {
    group: ['typeorm', 'pg', '@nestjs/typeorm'],
    except: [
      'libs/fold/**',
      'libs/rollout-rows/**',
      'apps/projection/**',
      'apps/rollout-orchestrator/**',
      'libs/embedded/**',
      'libs/testkit/**',
    ],
  },
];

/** What loads in a browser: nothing of Node, and of the contracts only what has no decorators behind it (contracts/plain). */
const browser = [
  {
    group: ['node:*', 'class-validator', 'class-transformer', 'reflect-metadata', 'ajv*', '@nestjs/*'],
    message: 'This loads in a browser.',
  },
  { regex: '^@edgeflow/(?!contracts/plain$)', message: 'This loads in a browser: @edgeflow/contracts/plain does.' },
];
const browserFiles = [
  'libs/client/src/**/*.ts',
  ...['errors', 'plain', 'requests', 'roles', 'tokens', 'vocabulary'].map((file) => `libs/contracts/src/${file}.ts`),
];

/** A device's session knows its connection as a port: what a transport is made of stays in transports/. */
const session = {
  patterns: [
    ...owners.map(({ group }) => ({ group, message: 'A session has no business with this.' })),
    {
      group: [
        'ws',
        'http',
        'https',
        'net',
        'tls',
        'node:http',
        'node:https',
        'node:net',
        'node:tls',
        '@edgeflow/http-edge',
        '**/transports/**',
        '**/http/**',
      ],
      message: 'A session knows its device as a DeviceConnection.',
    },
  ],
  paths: [
    {
      name: '@edgeflow/contracts',
      importNames: ['TUNNEL_FRAME_BYTES', 'TUNNEL_MESSAGE_BYTES', 'TUNNEL_PROTOCOL', 'deviceFrames', 'cloudFrames'],
      message: "Frames are the tunnel's.",
    },
  ],
};

/** What is the machine's: its clock, its timers and its chance. They come in as ports of libs/runtime. */
const machine = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({
      name,
      message: 'A Clock comes in (libs/runtime).',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'A Clock comes in (libs/runtime).' },
    { object: 'process', property: 'hrtime', message: 'A Clock comes in (libs/runtime).' },
    { object: 'AbortSignal', property: 'timeout', message: 'timeoutSignal goes by a Clock (libs/runtime).' },
    { object: 'Math', property: 'random', message: 'An Entropy comes in (libs/runtime).' },
    ...['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues'].map((property) => ({
      object: 'crypto',
      property,
      message: 'An Entropy comes in (libs/runtime).',
    })),
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'crypto'].map((property) => ({
      object: 'globalThis',
      property,
      message: 'It comes in (libs/runtime).',
    })),
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: ":matches(NewExpression[arguments.length=0], CallExpression)[callee.name='Date']",
      message: 'A Clock comes in (libs/runtime).',
    },
    {
      selector: 'ImportDeclaration[source.value=/^(node:)?(timers|perf_hooks)/]',
      message: 'A Clock comes in (libs/runtime).',
    },
    {
      selector: 'ImportSpecifier[imported.name=/^(random(UUID|Bytes|Int|Fill|FillSync)|getRandomValues)$/]',
      message: 'An Entropy comes in (libs/runtime).',
    },
  ],
};
/** Only who composes a program knows the machine that it runs on: its main, what opens what it stands on, and what only ever runs on a real one. */
const systemOnlyForRoots = {
  selector: 'ImportSpecifier[imported.name=/^system(Machine|Clock|Entropy)$/]',
  message: 'It comes in; only a composition root knows the machine that it runs on (libs/runtime).',
};
const tests = ['**/*.spec.ts', '**/*.fixture.ts', 'libs/testkit/**'];
/** Who may take the machine by itself: nobody else. */
const machineOwners = ['libs/runtime/src/system-*.ts', 'libs/client/src/platform.ts', 'libs/simulation/src/turn.ts'];
const roots = [
  'libs/runtime/**/*.ts',
  'libs/embedded/**/*.ts',
  // What talks to a real server, or is only for who does.
  'libs/event-log/src/connection/connection.ts',
  'libs/fold/src/database.ts',
  'libs/identity/src/token-issuer.ts',
  'libs/identity/src/token-verifier.ts',
  'libs/service-host/src/openapi/describe-api.ts',
  ...['cli', 'standalone'].map((program) => `apps/${program}/**/*.ts`),
  ...['projection', 'orchestrator', 'gateway', 'registry', 'main'].map((opens) => `apps/*/src/${opens}.ts`),
];

/** What a project may not import, given its folder: every owned package that it does not own. */
function restrictedFor(files) {
  const patterns = owners
    .filter(({ except }) => !except.includes(files))
    .map(({ group, except }) => ({
      group,
      message: `Only ${except.join(', ')} may import this.`,
    }));
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

const exempt = [...new Set(owners.flatMap(({ except }) => except))];

/** Who may import whom, by the tags in each project's package.json. */
const scopes = [
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  {
    sourceTag: 'scope:contracts',
    onlyDependOnLibsWithTags: [],
    bannedExternalImports: ['@nestjs/*', '@nats-io/*'],
  },
  { sourceTag: 'scope:runtime', onlyDependOnLibsWithTags: [] },
  // The engine of simulations knows nothing of what is simulated.
  { sourceTag: 'scope:simulation', onlyDependOnLibsWithTags: ['scope:runtime'] },
];

/** What ships stands apart from what brings it up on one machine, and both from what tests it (CONTRIBUTING.md, "Where things live"). */
const rooms = [
  { sourceTag: 'room:product', onlyDependOnLibsWithTags: ['room:product'] },
  { sourceTag: 'room:laptop', onlyDependOnLibsWithTags: ['room:product', 'room:laptop'] },
];

/** @param beneathDomain what the pure decisions may import */
function boundaries(more, beneathDomain = ['scope:contracts'], allow = []) {
  const domain = { sourceTag: 'scope:domain', onlyDependOnLibsWithTags: beneathDomain };
  return ['error', { enforceBuildableLibDependency: false, allow, depConstraints: [...scopes, domain, ...more] }];
}

/** The world is made of the services themselves: it is the one app that knows others, by the names of their packages. */
const worldBoundaries = boundaries([], ['scope:contracts', 'scope:testkit'], ['^@edgeflow/app-']);

export default ts.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      '.edgeflow/**',
      'bench/results/**',
      'libs/client/src/generated/**',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  prettier,
  { plugins: { '@nx': nx } },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.spec.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      '@nx/enforce-module-boundaries': boundaries(rooms),
    },
  },
  restrictedFor('**/*.ts'),
  ...exempt.map(restrictedFor),
  // No build has these in it (each project's tsconfig.json leaves them out). Specs of decisions speak given/when/then.
  {
    files: ['**/*.spec.ts', '**/*.fixture.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries([], ['scope:contracts', 'scope:testkit']) },
  },
  { files: ['apps/world/**/*.ts'], rules: { '@nx/enforce-module-boundaries': worldBoundaries } },
  {
    files: ['libs/**/*.ts', 'apps/**/*.ts'],
    ignores: [...tests, ...machineOwners],
    rules: {
      ...machine,
      'no-restricted-syntax': [...machine['no-restricted-syntax'], systemOnlyForRoots],
    },
  },
  {
    files: roots,
    ignores: [...tests, ...machineOwners],
    rules: { 'no-restricted-syntax': machine['no-restricted-syntax'] },
  },
  {
    files: ['apps/device-gateway/src/session/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', session] },
  },
  {
    files: browserFiles,
    ignores: ['libs/client/src/node.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [...owners.map(({ group }) => ({ group, message: 'This loads in a browser.' })), ...browser] },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'libs/testkit/**', 'test/**', 'bench/**'],
    rules: { 'max-lines': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.mjs', '*.config.ts', 'scripts/**'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        FormData: 'readonly',
        Response: 'readonly',
        Blob: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
