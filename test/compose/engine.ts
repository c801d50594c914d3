import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Network } from './network.js';
import { run } from './run.js';

/** A network of Docker's own default bridge that nothing else here uses. */
const BRIDGE = '172.29.79.1/24';
const START_MS = 60_000;

/** A Docker engine of our own, with its own data, socket and bridge: nothing of another engine on this machine is touched. */
export class Engine {
  private constructor(
    private readonly daemon: ChildProcess,
    private readonly network: Network,
    /** What `docker` and `docker compose` need to find it. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @throws Error with the end of the daemon's log when it does not come up */
  static async start(work: string): Promise<Engine> {
    const [socket, log] = [join(work, 'docker.sock'), join(work, 'dockerd.log')];
    await mkdir(join(work, 'docker'), { recursive: true });
    await writeFile(join(work, 'daemon.json'), JSON.stringify(await settings(work, socket)));
    const network = await Network.remember();
    const daemon = spawn('dockerd', ['--config-file', join(work, 'daemon.json')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const sink = createWriteStream(log);
    daemon.stdout?.pipe(sink);
    daemon.stderr?.pipe(sink);
    // With the older builder: the newer one is a plugin of its own, which Debian does not have.
    const env = {
      ...process.env,
      DOCKER_HOST: `unix://${socket}`,
      DOCKER_BUILDKIT: '0',
      DOCKER_CONFIG: join(work, 'docker'),
    };
    const engine = new Engine(daemon, network, env);
    for (const until = Date.now() + START_MS; ; await sleep(200)) {
      if (await isUp(env)) return engine;
      if (daemon.exitCode === null && Date.now() < until) continue;
      await engine.stop();
      throw new Error(`dockerd does not start:\n${(await readFile(log, 'utf8')).split('\n').slice(-15).join('\n')}`);
    }
  }

  /** Ends the engine and takes away the bridges and rules that it leaves behind. */
  async stop(): Promise<void> {
    if (this.daemon.exitCode === null && this.daemon.kill('SIGTERM')) await once(this.daemon, 'exit');
    await this.network.restore();
  }
}

/** How many files a process of this machine may have open. @returns Infinity where there is no bound */
export async function openFiles(): Promise<number> {
  const limit = (await run('sh', ['-c', 'ulimit -Hn'])).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

async function settings(work: string, socket: string): Promise<object> {
  // More than this process may have open no container may, or none starts.
  const files = await openFiles();
  const nofile = Number.isFinite(files) && {
    'default-ulimits': { nofile: { Name: 'nofile', Hard: files, Soft: files } },
  };
  return {
    'data-root': join(work, 'data'),
    'exec-root': join(work, 'exec'),
    pidfile: join(work, 'dockerd.pid'),
    hosts: [`unix://${socket}`],
    'storage-driver': 'overlay2',
    bip: BRIDGE,
    ...nofile,
  };
}

async function isUp(env: NodeJS.ProcessEnv): Promise<boolean> {
  return run('docker', ['info'], { env }).then(
    () => true,
    () => false,
  );
}
