import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer, freePort } from '@edgeflow/embedded';

/** Three nats-servers that are one cluster. */
export interface TestCluster {
  /** Of all three, separated by commas. */
  url: string;
  names: readonly string[];
  /** Ends one without warning. */
  kill(name: string): Promise<void>;
  /** Starts it again on its data. */
  restart(name: string): void;
  /** Freezes one, or lets it go on. */
  signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** A real cluster with JetStream, empty, on free ports of the loopback interface. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeflow-cluster-'));
  const bin = await findNatsServer();
  const names = ['n1', 'n2', 'n3'];
  const ports = new Set<number>();
  while (ports.size < 6) ports.add(await freePort());
  const [c1 = 0, c2 = 0, c3 = 0, ...routes] = ports;
  const clients = [c1, c2, c3];
  const processes = new Map<string, ChildProcess>();
  const configOf = (index: number): string =>
    JSON.stringify({
      server_name: names[index],
      host: '127.0.0.1',
      port: clients[index],
      jetstream: { store_dir: join(folder, `${names[index]}`), sync_interval: '2m' },
      cluster: {
        name: 'edgeflow',
        host: '127.0.0.1',
        port: routes[index],
        routes: routes.map((port) => `nats://127.0.0.1:${port}`),
      },
    });
  const start = (name: string): void => {
    processes.set(name, spawn(bin, ['-c', join(folder, `${name}.conf`)], { stdio: 'ignore' }));
  };
  const processOf = (name: string): ChildProcess => {
    const found = processes.get(name);
    if (!found) throw new Error(`there is no server ${name}`);
    return found;
  };
  const end = async (name: string): Promise<void> => {
    const child = processOf(name);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  for (const [index, name] of names.entries()) {
    await writeFile(join(folder, `${name}.conf`), configOf(index));
    start(name);
  }
  return {
    url: clients.map((port) => `nats://127.0.0.1:${port}`).join(),
    names,
    kill: end,
    restart: start,
    signal: (name, signal) => void processOf(name).kill(signal),
    stop: async () => {
      await Promise.all(names.map(end));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
