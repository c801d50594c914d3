import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { envOf } from './project.js';
import { Stack } from './stack.js';

const FILES = ['docker-compose.yml', 'docker-compose.override.yml', 'deploy/compose.secrets.yml'];
const place = inject('place');

describe.skipIf(!place)('secrets as files', () => {
  const stack = new Stack(place!);
  const env = join(place?.project ?? '', '.env');
  let before = '';

  beforeAll(async () => {
    before = await readFile(env, 'utf8');
    const example = await readFile(join(place!.project, 'deploy/env.example'), 'utf8');
    const [values, folder] = [await envOf(place!.project), join(place!.project, 'deploy/secrets')];
    await mkdir(folder, { mode: 0o700 });
    const names = [...example.matchAll(/^([A-Z0-9_]+)=$/gm)].map(([, name = '']) => name);
    for (const name of names) await writeFile(join(folder, name.toLowerCase()), `${values[name]}\n`, { mode: 0o444 });
    const lines = before.split('\n').map((line) => {
      const name = line.split('=', 1)[0] ?? '';
      return names.includes(name) ? `${name}=` : line;
    });
    await writeFile(env, lines.join('\n'));
  });
  afterAll(async () => {
    await writeFile(env, before);
    await chmod(env, 0o600);
    await stack.up();
  });

  it('are in no environment, and all services have theirs', async () => {
    await stack.compose(...FILES.flatMap((file) => ['-f', file]), 'up', '-d', '--no-build', '--wait');
    await stack.trust();
    expect((await stack.ask('viewer', 'GET', '/query/v1/devices')).status).toBe(200);
    for (const { id, service } of await stack.containers('projection', 'device-gateway', 'postgres')) {
      const variables = await stack.docker('inspect', '--format', '{{json .Config.Env}}', id);
      expect([service, /"\w*(PASSWORD|SECRET_ACCESS_KEY)=[^"]/.test(variables)]).toEqual([service, false]);
    }
  });

  it('stop the stack, by their names, where they are missing', async () => {
    const setup = stack.compose('run', '--rm', '-T', 'setup');
    await expect(setup).rejects.toThrow(/ended with 78:[^]*POSTGRES_PASSWORD is missing/);
  });
});
