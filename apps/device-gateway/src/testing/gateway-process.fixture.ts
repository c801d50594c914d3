import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './world.fixture.js';

/** The built program, as standalone and containers start it. */
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const WRONG_CLOCK = new URL('../../../../test/e2e/wrong-clock.mjs', import.meta.url).href;

interface LogLine {
  msg: string;
  level: string;
  [field: string]: unknown;
}

/** A gateway in a process of its own, which can be stopped and killed as the system does it. */
export class GatewayProcess {
  readonly lines: LogLine[] = [];
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private rest = '';

  /** @param ahead_ms by how much its machine's clock is ahead */
  constructor(env: NodeJS.ProcessEnv, ahead_ms = 0) {
    this.child = spawn(process.execPath, ['--import', WRONG_CLOCK, PROGRAM], {
      env: { ...process.env, ...env, LOG_LEVEL: 'info', WRONG_CLOCK_MS: String(ahead_ms) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data: Buffer) => this.take(data.toString()));
    // The line that says why it ended comes whole.
    this.child.stderr?.on('data', (data: Buffer) => this.take(data.toString()));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Where it listens, once it does. */
  async url(): Promise<string> {
    const found = await eventually(() => Promise.resolve(this.said('listening')), 'a gateway that listens');
    return String(found['url']);
  }

  /** The first line of its log that has these words. */
  said(words: string): LogLine | undefined {
    return this.lines.find(({ msg }) => msg.includes(words));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it without warning, when it runs still. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    this.lines.push(...lines.filter(Boolean).map((line) => JSON.parse(line) as LogLine));
  }
}
