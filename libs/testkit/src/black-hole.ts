import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can go black: connections stay and are taken, and nothing gets through any more, in neither direction. */
export class BlackHole {
  private readonly sockets = new Set<Socket>();
  private black = false;

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
      from.on('data', (data) => to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.black) from.pause();
    }
  }
}
