import { copyFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from './engine.js';
import { run } from './run.js';
import type { Tools } from './tools.js';

const STAND_INS = fileURLToPath(new URL('stand-ins', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['ca-certificates', 'postgresql-17', 'busybox-static', 'libcap2-bin', 'libstdc++6'];
const NPM = 'npm@11';

/**
 * Makes an image under each name that docker-compose.yml gives a base image, of Debian's packages and npm's: no image registry is needed.
 * What is made here behaves as the image of that name does in what we use of it, or the test proves nothing about it.
 */
export async function makeBaseImages(
  engine: Engine,
  { caddy, nats_server, mirror }: Tools,
  work: string,
): Promise<void> {
  const context = join(work, 'stand-ins');
  await mkdir(context, { recursive: true });
  await cp(STAND_INS, context, { recursive: true });
  await importBase(engine, mirror, join(work, 'base.tar'));
  const names = await baseImages();
  await Promise.all([copyFile(caddy, join(context, 'caddy')), copyFile(nats_server, join(context, 'nats-server'))]);
  await nodeAndNpm(/:([\d.]+)/.exec(names.NODE_IMAGE)?.[1] ?? '', context);
  const images = [
    ['node', names.NODE_IMAGE],
    ['runtime', names.RUNTIME_IMAGE],
    ['nats', names.NATS_IMAGE],
    ['postgres', names.POSTGRES_IMAGE],
    ['caddy', names.CADDY_IMAGE],
  ] as const;
  for (const [name, tag] of images) {
    await run('docker', ['build', '-q', '-t', tag, '-f', join(context, `${name}.Dockerfile`), context], engine);
  }
}

type BaseImage = 'NODE_IMAGE' | 'RUNTIME_IMAGE' | 'NATS_IMAGE' | 'POSTGRES_IMAGE' | 'CADDY_IMAGE';

/** The names in docker-compose.yml: `${NATS_IMAGE:-nats:2.15.1-alpine}`. */
async function baseImages(): Promise<Record<BaseImage, string>> {
  const file = await readFile(join(REPOSITORY, 'docker-compose.yml'), 'utf8');
  const found = [...file.matchAll(/\$\{([A-Z0-9]+_IMAGE):-([^}]+)\}/g)].map(([, name, tag]) => [name, tag]);
  return Object.fromEntries(found) as Record<BaseImage, string>;
}

async function importBase(engine: Engine, mirror: string, tar: string): Promise<void> {
  const maker = spawn(join(STAND_INS, 'base.sh'), [mirror, PACKAGES.join(',')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  maker.stderr.on('data', (chunk: Buffer) => void said.push(chunk));
  maker.stdout.pipe(createWriteStream(tar));
  const [code] = (await once(maker, 'close')) as [number];
  if (code !== 0) throw new Error(`mmdebstrap ended with ${code}: ${Buffer.concat(said).toString().slice(-2_000)}`);
  await run('docker', ['import', tar, 'edgeflow-stand-in:base'], engine);
}

/** Node of the image's version and npm, both from npm's registry, as this machine reaches it. */
async function nodeAndNpm(version: string, context: string): Promise<void> {
  const platform = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
  await run('npm', ['pack', '--silent', `node-${platform}@${version}`, NPM], { cwd: context });
  const archives = (await readdir(context)).filter((name) => name.endsWith('.tgz'));
  for (const name of archives) {
    const into = join(context, name.startsWith('npm-') ? 'npm' : 'node-package');
    await mkdir(into, { recursive: true });
    await run('tar', ['-xf', join(context, name), '-C', into, '--strip-components=1']);
  }
  await copyFile(join(context, 'node-package/bin/node'), join(context, 'node'));
  const setting = async (name: string) => (await run('npm', ['config', 'get', name])).trim();
  const authorities = await setting('cafile');
  await copyFile(authorities === 'null' ? '/etc/ssl/certs/ca-certificates.crt' : authorities, join(context, 'ca.crt'));
  await writeFile(join(context, 'npmrc'), `cafile=/usr/local/etc/npm-ca.crt\nregistry=${await setting('registry')}\n`);
}
