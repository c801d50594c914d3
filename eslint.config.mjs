import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import ts from 'typescript-eslint';

/** DESIGN.md section 7: each of these packages has one importer (or a named few). */
const owners = [
  { group: ['@nats-io/*'], except: ['libs/event-log/**'] },
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

/** What a project may not import, given its folder: every owned package that it does not own. */
function restrictedFor(files) {
  const patterns = owners
    .filter(({ except }) => !except.includes(files))
    .map(({ group, except }) => ({
      group,
      message: `Only ${except.join(', ')} may import this (DESIGN.md section 7).`,
    }));
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

const exempt = [...new Set(owners.flatMap(({ except }) => except))];

export default ts.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.edgeflow/**', 'bench/results/**'] },
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
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: [
            { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
            { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
            {
              sourceTag: 'scope:contracts',
              onlyDependOnLibsWithTags: [],
              bannedExternalImports: ['@nestjs/*', '@nats-io/*'],
            },
            { sourceTag: 'scope:domain', onlyDependOnLibsWithTags: ['scope:contracts'] },
          ],
        },
      ],
    },
  },
  restrictedFor('**/*.ts'),
  ...exempt.map(restrictedFor),
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
        Blob: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        setTimeout: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
