import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { createAuthority, type Authority } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Console } from '../console/console.js';
import { Home } from '../home/home.js';
import { Supervision } from '../supervision.js';
import { startOrigin, type Origin } from './start-origin.js';

let folder: TemporaryFolder;
let home: Home;
let authority: Authority;
let processes: Supervision;
let origin: Origin;

interface Reply {
  status: number;
  serial: string;
}

/** A request on a connection of its own: the kernel says which of the processes gets it. */
async function ask(path: string): Promise<Reply> {
  const asking = request(new URL(path, origin.https_url), { ca: authority.ca, agent: false });
  asking.end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
  response.resume();
  return { status: response.statusCode ?? 0, serial: serialNumber };
}

/** So many that each of two processes has its share but for one run in 10^9. */
const many = (path: string): Promise<Reply[]> => Promise.all(Array.from({ length: 32 }, () => ask(path)));

/** What changes is passed on in a message. */
async function eventually(met: () => Promise<boolean>): Promise<void> {
  while (!(await met().catch(() => false))) await sleep(50);
}

beforeAll(async () => {
  folder = await temporaryFolder('crew');
  home = await Home.open(folder.path);
  authority = await createAuthority(folder.path);
  const discarded = new Console({ write: () => true } as unknown as NodeJS.WritableStream);
  processes = new Supervision(home, discarded);
  const certificate = await authority.issue();
  origin = await startOrigin({ https_port: 0, http_port: 0, services: [], certificate }, processes);
});

afterAll(async () => {
  await processes.stop();
  home.release();
  await folder.remove();
});

describe('the processes of the origin', () => {
  it('share the ports', async () => {
    expect(processes.members()).toMatchObject([{ name: 'origin-1' }, { name: 'origin-2' }]);
    expect(new Set((await many('/')).map(({ status }) => status))).toEqual(new Set([200]));
    expect((await fetch(origin.http_url)).status).toBe(200);
  });

  it('all learn where the bucket is, and get the new certificate', async () => {
    expect((await ask('/images/x')).status).toBe(404);
    const { serial } = await ask('/');
    // Nobody listens there: the origin says so, in place of "not found".
    origin.serveBucket('images', 'http://127.0.0.1:1');
    origin.renew(await authority.issue());
    await eventually(async () =>
      (await many('/images/x')).every((reply) => reply.status === 503 && reply.serial !== serial),
    );
  });

  it('serve on while one is gone, and it comes back knowing what the other knows', async () => {
    const [first] = processes.members();
    process.kill(first!.pid, 'SIGKILL');
    await eventually(async () => (await ask('/')).status === 200);
    await eventually(async () => processes.members()[0]?.pid !== first!.pid);
    expect(new Set((await many('/images/x')).map(({ status }) => status))).toEqual(new Set([503]));
  });
});
