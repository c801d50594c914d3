import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./replica-program.mjs', import.meta.url));

/** One replica of a service behind Caddy: a process of its own, so that it can be frozen and killed. */
export class Replica {
  private child: ChildProcess | undefined;

  /** @param host 127.0.0.1 is the first replica, 127.0.0.2 the second: deploy/Caddyfile counts them so */
  constructor(
    readonly name: string,
    private readonly host: string,
    private readonly port: number,
  ) {}

  async start(): Promise<void> {
    const child = fork(PROGRAM, [this.name, this.host, String(this.port)]);
    this.child = child;
    // Frozen as it may be, it does not outlive the tests.
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await once(child, 'message');
  }

  /** From now on `/readyz` says this. */
  async become(ready: boolean): Promise<void> {
    this.child?.send({ ready });
    await once(this.running, 'message');
  }

  freeze(): void {
    this.running.kill('SIGSTOP');
  }

  thaw(): void {
    this.running.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private get running(): ChildProcess {
    if (!this.child) throw new Error(`${this.name} was not started`);
    return this.child;
  }
}
