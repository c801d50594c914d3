import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import { Conflict, type EventLog, JetStreamLog, ServerTooOld, StreamMismatch } from '../index.js';
import { revoked } from '../events.fixture.js';

let nats: TestNats;
beforeEach(async () => {
  nats = await startTestNats();
});
afterEach(() => nats.stop());

const open = (servers = nats.url, max_bytes?: number): Promise<EventLog> =>
  JetStreamLog.connect({ servers, name: 'connect-spec', ...(max_bytes && { max_bytes }) });

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('connecting', () => {
  it('makes the streams once, however many services start together', async () => {
    const logs = await Promise.all(Array.from({ length: 5 }, () => open()));
    await logs[0]!.append([revoked('d', 'd1')], { after: 0 });
    const states = await Promise.all(logs.map((log) => log.state()));
    expect(new Set(states.map(({ created }) => created)).size).toBe(1);
    expect(states[4]).toMatchObject({ first: 1, last: 1 });
    await Promise.all(logs.map((log) => log.close()));
  });

  it('changes nothing when there is nothing to change', async () => {
    await (await open()).close();
    const connection = await connect({ servers: nats.url });
    const changes: string[] = [];
    connection.subscribe('$JS.API.STREAM.*.*', { callback: (_, { subject }) => void changes.push(subject) });
    await connection.flush();
    await (await open()).close();
    await connection.flush();
    expect([...new Set(changes)].sort()).toEqual(['OTA', 'OTA_ASIDE'].map((stream) => `$JS.API.STREAM.INFO.${stream}`));
    await connection.close();
  });

  it('waits while NATS is away', async () => {
    await nats.kill();
    const opening = open();
    await nats.restart();
    const log = await opening;
    await log.ping();
    await log.close();
  });

  it('refuses an old server by name', async () => {
    const info = {
      server_id: 'x',
      server_name: 'x',
      version: '2.9.10',
      proto: 1,
      headers: true,
      jetstream: true,
      max_payload: 1_048_576,
    };
    const old = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => data.includes('PING') && socket.write('PONG\r\n'));
      socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    });
    const refusal = open(await listening(old));
    await expect(refusal).rejects.toBeInstanceOf(ServerTooOld);
    await expect(refusal).rejects.toThrow(/^nats-server 2\.9\.10 at 127\.0\.0\.1:\d+; EdgeFlow needs 2\.12\.7, /);
    old.close();
  });

  it('changes what can be changed of the stream, and says what cannot', async () => {
    await (await open()).close();
    await (await open(nats.url, 50_000_000)).close();
    const connection = await connect({ servers: nats.url });
    const { streams } = await jetstreamManager(connection);
    expect((await streams.info('OTA')).config.max_bytes).toBe(50_000_000);
    await (await open()).close();
    expect((await streams.info('OTA')).config.max_bytes).toBe(50_000_000);
    await streams.delete('OTA');
    await streams.add({ name: 'OTA', subjects: ['ota.>'], storage: 'memory' });
    await connection.drain();
    await expect(open()).rejects.toBeInstanceOf(StreamMismatch);
    await expect(open()).rejects.toThrow(/^stream OTA: /);
  });

  it('says so when the log is larger than the server may store', async () => {
    const refusal = open(nats.url, Number.MAX_SAFE_INTEGER);
    await expect(refusal).rejects.toBeInstanceOf(StreamMismatch);
    await expect(refusal).rejects.toThrow(/EVENT_LOG_MAX_BYTES/);
  });
});

describe('an append in trouble', () => {
  it('is no conflict with itself when the answer of the first attempt is late', async () => {
    const { server, hold } = slowProxy(nats.url);
    const log = await open(await listening(server));
    for (const events of [[revoked('d', 'd1')], [revoked('e', 'e1'), revoked('f', 'f1')]]) {
      const release = hold();
      const appending = log.append(events, { after: 0 });
      // Longer than one attempt, shorter than all of them.
      setTimeout(release, 2_500);
      expect(await appending).toMatchObject({ duplicate: true });
    }
    expect((await log.state()).last).toBe(3);
    await expect(log.append([revoked('d', 'd2')], { after: 0 })).rejects.toBeInstanceOf(Conflict);
    await log.close();
    server.close();
  });
});

/** A relay to NATS whose answers can be held back. */
function slowProxy(url: string): { server: Server; hold: () => () => void } {
  const answers = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(Number(new URL(url).port), '127.0.0.1');
    answers.add(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.pipe(upstream).pipe(client);
  });
  const hold = (): (() => void) => {
    for (const socket of answers) socket.pause();
    return () => answers.forEach((socket) => socket.resume());
  };
  return { server, hold };
}
