import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a test of any project depends on beside its own files, those of the projects that it needs, and the installed packages. */
const COMMON = ['{workspaceRoot}/vitest.config.ts', '{workspaceRoot}/tsconfig.base.json'];

/**
 * A plugin of Nx (nx.json): gives each project that has such specs a target `unit` and a target `int`, which run them and keep the result
 * until one of the files changes that it depends on. The specs' settings are in vitest.config.ts alone.
 */
export const createNodesV2 = [
  '{apps,libs}/*/package.json',
  (manifests, _options, { workspaceRoot }) =>
    manifests.map((manifest) => {
      const root = dirname(manifest);
      return [manifest, { projects: { [root]: { root, targets: targetsOf(root, workspaceRoot) } } }];
    }),
];

function targetsOf(root, workspaceRoot) {
  const source = join(workspaceRoot, root, 'src');
  if (!existsSync(source)) return {};
  const specs = globSync('**/*.spec.ts', { cwd: source });
  const isInt = (name) => name.endsWith('.int.spec.ts');
  return {
    ...(specs.some((name) => !isInt(name)) && { unit: target('unit', root) }),
    // Each starts servers of its own; one project at a time is what a small machine carries.
    ...(specs.some(isInt) && { int: { ...target('int', root), parallelism: false } }),
  };
}

function target(project, root) {
  return {
    command: `vitest run --project ${project} ${root}/`,
    options: { cwd: '{workspaceRoot}' },
    cache: true,
    inputs: ['default', '^default', ...COMMON],
  };
}
