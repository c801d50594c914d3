import { readFile, stat } from 'node:fs/promises';
import { startNatsServer } from '@edgeflow/embedded';
import { JetStreamLog, natsAccess } from '@edgeflow/event-log';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Console } from './console/console.js';
import { Home } from './home/home.js';
import { natsUsers } from './home/nats-users.js';
import { startNats, type Nats } from './nats.js';
import { Supervision } from './supervision.js';

let folder: TemporaryFolder;
let home: Home;
let created: string;
let supervision: Supervision;
let nats: Nats;
beforeAll(async () => {
  folder = await temporaryFolder('standalone-nats');
  home = await Home.open(folder.path);
  // As it was before there were users.
  const before = await startNatsServer({ dir: home.in('nats') });
  const log = await JetStreamLog.connect({ servers: before.url, name: 'before' });
  ({ created } = await log.state());
  await log.close();
  await before.stop();
  supervision = new Supervision(home, new Console());
  nats = await startNats(home, supervision, 0);
});
afterAll(async () => {
  await supervision.stop();
  home.release();
  await folder.remove();
});

async function createdFor(servers: string, ca: string): Promise<string> {
  const access = natsAccess({ NATS_CA_FILE: ca, NATS_API_PREFIX: nats.own!.api_prefix });
  const log = await JetStreamLog.connect({ servers, name: 'spec', ...access });
  const state = await log.state();
  await log.close();
  return state.created;
}

describe('the NATS of standalone', () => {
  it('keeps the log of a home from before there were users, for whoever has the file of a user', async () => {
    const file = home.in('nats-users', 'reader.url');
    expect(await createdFor((await readFile(file, 'utf8')).trim(), nats.own!.ca)).toBe(created);
    for (const path of [file, home.in('keys', 'nats-users.json'), home.in('nats', 'nats-server.conf')]) {
      expect((await stat(path)).mode & 0o777, path).toBe(0o600);
    }
  });

  it('admits nobody without a user, and no one who does not know its authority is fooled', async () => {
    await expect(createdFor(nats.url, nats.own!.ca)).rejects.toThrow(/admits nobody without a user/);
    const servers = (await readFile(home.in('nats-users', 'reader.url'), 'utf8')).trim();
    await expect(JetStreamLog.connect({ servers, name: 'spec' })).rejects.toThrow(/do not agree on TLS/);
  });

  it('gives the same passwords at the next start', async () => {
    expect((await natsUsers(home))('device-gateway')).toBe(nats.own!.passwordOf('device-gateway'));
  });
});
