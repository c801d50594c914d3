// Lays out what the image holds in an empty folder: `node deploy/image/lay-out.mjs <folder>`, after `npm ci` and `npm run build`.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The four services, and the one that has the deployment's jobs: setup, init, token, provision. */
const APPS = ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection', 'standalone'];
/** What nobody reads at run time; licences stay. */
const UNREAD = [
  '*.ts',
  '*.mts',
  '*.cts',
  '*.map',
  '*.flow',
  'README*.md',
  'readme*.md',
  'CHANGELOG*',
  'CHANGES.md',
  'HISTORY.md',
];
const NPM = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];

const image = process.argv[2];
if (!image) throw new Error('usage: lay-out.mjs <folder>');
mkdirSync(image, { recursive: true });
const run = (program, ...args) => execFileSync(program, args, { cwd: image, stdio: ['ignore', 'inherit', 'inherit'] });

const manifests = globSync('{apps,libs}/*/package.json');
for (const file of ['package.json', 'package-lock.json', '.npmrc', ...manifests]) put(file);
const needed = needs(APPS.map((app) => join('apps', app, 'package.json')));
const workspaces = needed.flatMap((manifest) => ['-w', dirname(manifest)]);
run('npm', 'ci', ...NPM, ...workspaces);
const tool = join(import.meta.dirname, 'node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js');
run(
  'node',
  tool,
  '--omit',
  'dev',
  '--omit',
  'optional',
  ...workspaces,
  '--output-reproducible',
  '--output-file',
  'sbom.cdx.json',
);
addNode('sbom.cdx.json');

for (const manifest of manifests) {
  const folder = dirname(manifest);
  if (needed.includes(manifest)) cpSync(join(folder, 'dist'), join(image, folder, 'dist'), { recursive: true });
  else remove(folder, join('node_modules', JSON.parse(readFileSync(manifest, 'utf8')).name));
}
for (const unread of globSync(`**/{${UNREAD.join(',')}}`, { cwd: image })) remove(unread);
remove('package-lock.json', '.npmrc', 'node_modules/.package-lock.json', 'node_modules/.bin');

function put(file) {
  mkdirSync(dirname(join(image, file)), { recursive: true });
  copyFileSync(file, join(image, file));
}

function remove(...paths) {
  for (const path of paths) rmSync(join(image, path), { recursive: true, force: true });
}

/** The manifests of these workspaces, and of those of ours that they depend on. */
function needs(wanted) {
  const byName = new Map(manifests.map((manifest) => [JSON.parse(readFileSync(manifest, 'utf8')).name, manifest]));
  const found = new Set(wanted);
  for (const manifest of found) {
    const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    for (const name of Object.keys(dependencies)) if (byName.has(name)) found.add(byName.get(name));
  }
  return [...found];
}

/** The list is of npm's packages; the program that runs them is in the image as well. */
function addNode(file) {
  const path = join(image, file);
  const list = JSON.parse(readFileSync(path, 'utf8'));
  const version = process.versions.node;
  const node = {
    type: 'application',
    name: 'node',
    version,
    'bom-ref': `node@${version}`,
    purl: `pkg:generic/node@${version}`,
  };
  writeFileSync(path, JSON.stringify({ ...list, components: [node, ...(list.components ?? [])] }, null, 2));
}
