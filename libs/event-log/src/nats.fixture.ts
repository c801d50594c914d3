import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { startNatsServer } from '@edgeflow/embedded';
import { systemMachine } from '@edgeflow/runtime';
import type { NatsClient } from './connection/nats-client.js';
import type { EventLog } from './event-log.js';
import { JetStreamLog } from './jetstream-log.js';
import { MemoryLog, memoryClient, MemoryLogServer, MemoryNats } from './memory.js';
import type { EventLogOptions } from './types.js';

type Options = Omit<EventLogOptions, 'servers'>;

/** A nats-server of a spec's own, or what stands for it. */
export interface TestNats {
  /** Of a real one. */
  url: string;
  /** As `JetStreamLog.connect` and `provision`. */
  connect(options: Options): Promise<EventLog>;
  provision(options: Options): Promise<void>;
  /** A client without the log's code above it; it comes back by itself. */
  client(): Promise<NatsClient>;
  /** Ends the server without warning, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data after `kill()`. */
  restart(): Promise<void>;
  /** Restarts it, and notes what it has. */
  keep(): Promise<void>;
  /** Restarts it with what it had when that was noted: what came since is lost. */
  lose(): Promise<void>;
  stop(): Promise<void>;
}

/** What specs run against; `memory/on-memory.fixture.ts` has them run against the model as well. */
export const testedServer: { kind: 'nats' | 'memory' } = { kind: 'nats' };

/** A server with JetStream, empty. */
export function startTestNats(): Promise<TestNats> {
  return testedServer.kind === 'nats' ? startRealNats() : startMemoryNats();
}

/** A real nats-server, on a free port. */
export async function startRealNats(): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeflow-log-'));
  const [dir, kept] = [join(folder, 'nats'), join(folder, 'kept')];
  const start = (port?: number) => startNatsServer({ dir, port, sync_interval: '2m' });
  let server = await start();
  const servers = server.url;
  const kill = async (): Promise<void> => {
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
  };
  const restart = async (): Promise<void> => {
    server = await start(server.port);
  };
  return {
    url: servers,
    connect: (options) => JetStreamLog.connect({ ...options, servers }),
    provision: (options) => JetStreamLog.provision({ ...options, servers }),
    client: async () => {
      const nats = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
      return { nats, manager: await jetstreamManager(nats), jetstream: jetstream(nats) };
    },
    kill,
    restart,
    keep: async () => {
      await kill();
      await cp(dir, kept, { recursive: true });
      await restart();
    },
    lose: async () => {
      await kill();
      await rm(dir, { recursive: true });
      await rename(kept, dir);
      await restart();
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The model, by the clock of this machine and without a fault. */
export async function startMemoryNats(): Promise<TestNats> {
  const machine = systemMachine;
  const server = new MemoryLogServer({ clock: machine.clock });
  let kept: Record<string, number> = {};
  return {
    url: 'memory',
    connect: (options) => MemoryLog.connect(server, { ...options, machine }),
    provision: (options) => MemoryLog.provision(server, { ...options, machine }),
    client: async () => {
      const nats = new MemoryNats(server, 'raw', machine.clock);
      await nats.open();
      return memoryClient(nats);
    },
    kill: async () => server.kill(),
    restart: async () => server.start(),
    keep: async () => {
      server.kill();
      kept = Object.fromEntries(server.names(() => true).map((name) => [name, server.stream(name)?.last ?? 0]));
      server.start();
    },
    lose: async () => {
      server.kill();
      server.start(kept);
    },
    stop: async () => server.kill(),
  };
}
