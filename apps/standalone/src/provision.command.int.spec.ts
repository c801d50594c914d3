import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startNatsServer, type RunningServer } from '@edgeflow/embedded';
import { JetStreamLog } from '@edgeflow/event-log';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');
const PASSWORD = ` a/b#c?d%e@f:g'h"i\\j$k{l} `;

let folder: TemporaryFolder;
let nats: RunningServer;
let passwordFile: string;
beforeAll(async () => {
  folder = await temporaryFolder('provision');
  const accounts = { LOG: { jetstream: 'enabled', users: [{ user: 'provisioner', password: PASSWORD }] } };
  nats = await startNatsServer({ dir: join(folder.path, 'nats'), accounts });
  passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
});
afterAll(async () => {
  await nats.stop();
  await folder.remove();
});

interface Outcome {
  code: number;
  stderr: string;
}

async function provision(env: Record<string, string>): Promise<Outcome> {
  const options = { env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env }, timeout: 30_000 };
  const run = promisify(execFile)(process.execPath, [MAIN, 'provision'], options);
  return run.then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: unknown) => error as Outcome,
  );
}

describe('the provisioning', () => {
  it('takes its password from a file, whatever is in it', async () => {
    const env = { NATS_URL: nats.url, NATS_USER: 'provisioner', NATS_PASSWORD_FILE: passwordFile };
    expect(await provision(env)).toMatchObject({ code: 0, stderr: '' });
    const log = await JetStreamLog.connect({
      servers: nats.url,
      name: 'spec',
      user: 'provisioner',
      password: PASSWORD,
    });
    await log.ping();
    await log.close();
  });

  it('says what to look at when it is not let in, and ends with 1', async () => {
    const { code, stderr } = await provision({
      NATS_URL: nats.url,
      NATS_USER: 'provisioner',
      NATS_PASSWORD: 'hunter2',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /admits not the user provisioner, or not with this password \(NATS_USER, NATS_PASSWORD\)\n$/,
    );
    expect(stderr).not.toContain('hunter2');
  });

  it.each<[string, () => Record<string, string>]>([
    ['NATS_URL is missing', () => ({})],
    ['NATS_URL is wrong', () => ({ NATS_URL: 'nats://edge:12/hunter2@n1' })],
    ['NATS_USER is missing', () => ({ NATS_URL: nats.url, NATS_PASSWORD: 'hunter2' })],
    ['NATS_PASSWORD_FILE is wrong', () => ({ NATS_URL: nats.url, NATS_PASSWORD_FILE: folder.path })],
    ['NATS_CA_FILE is wrong', () => ({ NATS_URL: nats.url, NATS_CA_FILE: passwordFile })],
    ['EVENT_LOG_REPLICAS is wrong', () => ({ NATS_URL: nats.url, EVENT_LOG_REPLICAS: 'hunter2' })],
    ['INBOX_ORGS is wrong', () => ({ NATS_URL: nats.url, INBOX_ORGS: 'hunter2.' })],
  ])('ends with 78 and one line: %s', async (line, env) => {
    const { code, stderr } = await provision(env());
    expect(code).toBe(78);
    expect(stderr).toMatch(new RegExp(`^error ${line}: .*\n$`));
    expect(stderr).not.toContain('hunter2');
  });
});
