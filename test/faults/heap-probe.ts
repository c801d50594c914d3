import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';

/** The setting with which every process of standalone says on stderr where its inspector listens. */
export const WITH_INSPECTOR = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
const LISTENS = /Debugger listening on (ws:\S+)/g;

/** What a process holds, in bytes. */
interface Memory {
  heapUsed: number;
  external: number;
}

interface Reply {
  id?: number;
  result?: { result?: { value: Memory } };
  error?: { message: string };
}

/** The memory of a Node program, by way of its inspector (Chrome DevTools Protocol). */
export class HeapProbe {
  private asked = 0;

  private constructor(
    readonly name: string,
    private readonly socket: WebSocket,
  ) {}

  /** Probes of these processes of an installation that was started `WITH_INSPECTOR`; `standalone` is its supervisor. */
  static async of(standalone: StandaloneUnderTest, names: readonly string[]): Promise<HeapProbe[]> {
    return Promise.all(
      names.map(async (name) => {
        const said =
          name === 'standalone'
            ? standalone.output
            : await readFile(join(standalone.home, 'logs', `${name}.log`), 'utf8');
        // The last one: a process may have been started again.
        const url = [...said.matchAll(LISTENS)].at(-1)?.[1];
        if (url === undefined) throw new Error(`${name} has no inspector`);
        const socket = new WebSocket(url);
        await once(socket, 'open');
        return new HeapProbe(name, socket);
      }),
    );
  }

  /** @returns the bytes that are in use on the heap and in buffers beside it, after what nobody holds was collected */
  async settledBytes(): Promise<number> {
    // Twice: what finalizers let go of at the first is collected at the second.
    for (let n = 0; n < 2; n++) await this.ask('HeapProfiler.collectGarbage');
    const params = { expression: 'process.memoryUsage()', returnByValue: true };
    const { result } = await this.ask('Runtime.evaluate', params);
    const { heapUsed, external } = result?.result?.value ?? { heapUsed: Number.NaN, external: Number.NaN };
    return heapUsed + external;
  }

  close(): void {
    this.socket.terminate();
  }

  private async ask(method: string, params: object = {}): Promise<Reply> {
    const id = (this.asked += 1);
    this.socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = (await once(this.socket, 'message')) as [Buffer];
      const reply = JSON.parse(data.toString()) as Reply;
      if (reply.id !== id) continue;
      if (reply.error) throw new Error(`${this.name}: ${method}: ${reply.error.message}`);
      return reply;
    }
  }
}
