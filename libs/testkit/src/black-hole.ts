import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A way to a server that can go black: connections stay and are taken, and nothing gets through any more, in neither direction. It can be slow as well. */
export class BlackHole {
  private readonly sockets = new Set<Socket>();
  private black = false;
  private delay_ms = 0;

  private constructor(
    private readonly server: Server,
    /** The server's address with this way's port in its place. */
    readonly url: string,
  ) {}

  /** @param url of the server, which is on the loopback interface */
  static async before(url: string): Promise<BlackHole> {
    const target = new URL(url);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const through = new URL(url);
    through.port = String((server.address() as AddressInfo).port);
    const hole = new BlackHole(server, through.href);
    server.on('connection', (near) => hole.join(near, connect(Number(target.port), target.hostname)));
    return hole;
  }

  /** From now on nothing gets through, and nobody is told. */
  swallow(): void {
    this.black = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was held back comes through, as after a split of the network. */
  letThrough(): void {
    this.black = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** From now on everything is under way for so long in each direction, in milliseconds: an answer takes twice as long. 0 ends it. */
  slowDown(delay_ms: number): void {
    this.delay_ms = delay_ms;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket): void {
    const pairs = [
      [near, far],
      [far, near],
    ] as const;
    for (const [from, to] of pairs) {
      this.sockets.add(from);
      const inTurn = this.turns();
      from.on('data', (data) => inTurn(() => void to.write(data)));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        inTurn(() => void to.destroy());
      });
      if (this.black) from.pause();
    }
  }

  /** Does one thing after the other, each so much later as the way is slow; at once where it is not and nothing is under way. */
  private turns(): (step: () => void) => void {
    let underWay = 0;
    let last = Promise.resolve();
    return (step) => {
      if (this.delay_ms === 0 && underWay === 0) return step();
      const due = performance.now() + this.delay_ms;
      underWay += 1;
      last = last.then(async () => {
        await sleep(Math.max(0, due - performance.now()));
        step();
        underWay -= 1;
      });
    };
  }
}
