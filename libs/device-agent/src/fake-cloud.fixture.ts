import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CloudFrame, DeviceFrame, Hello } from '@edgeflow/contracts';
import { createAuthority } from '@edgeflow/embedded';
import { decodeJwt } from 'jose';
import { WebSocketServer, type WebSocket } from 'ws';

/** How the cloud answers one download, in place of the right answer. */
export type Answer = (request: IncomingMessage, response: ServerResponse, image: Buffer) => void;

/** The cloud's end of one tunnel, after its hello. */
export class FakeTunnel {
  readonly frames: DeviceFrame[] = [];
  private readonly news = new EventEmitter();

  constructor(
    readonly socket: WebSocket,
    readonly hello: Hello,
  ) {
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(data.toString()) as DeviceFrame);
      this.news.emit('frame');
    });
  }

  send(frame: CloudFrame | { type: string }): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The first frame that fits, come or to come. */
  async until<F extends DeviceFrame>(fits: (frame: DeviceFrame) => frame is F): Promise<F>;
  async until(fits: (frame: DeviceFrame) => boolean): Promise<DeviceFrame>;
  async until(fits: (frame: DeviceFrame) => boolean): Promise<DeviceFrame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found) return found;
      await once(this.news, 'frame');
    }
  }
}

/** A gateway and an image store in one real TLS server that does what a spec tells it to. */
export class FakeCloud {
  readonly images = new Map<string, Buffer>();
  /** The Range header, or '', of every download in order. */
  readonly ranges: string[] = [];
  /** Bodies and claims of every registration in order. */
  readonly registrations: { body: unknown; authorization: string | undefined }[] = [];
  /** Taken one by one by the next downloads. */
  readonly answers: Answer[] = [];
  /** Answers the downloads for which there is no other answer; default: the image. */
  always: Answer = sendImage;
  /** Heads of the downloads in order. */
  readonly downloads: IncomingHttpHeaders[] = [];
  /** What time it is in the cloud, milliseconds since 1970. */
  now: () => number = Date.now;
  /** Refuses upgrades whose token is of another time, as a gateway does, and says its own time in this way. */
  judgesTokens: 'server_time' | 'Date' | undefined;
  /** Taken one by one by the next registrations, then 201. */
  readonly registrationAnswers: { status: number; body?: object }[] = [];
  /** Answers the next upgrades with this problem. */
  refusal: { status: number; body: object; retry_after_s?: number } | undefined;
  heartbeat_s = 60;
  readonly tokens: string[] = [];
  private readonly tunnels: FakeTunnel[] = [];
  private readonly news = new EventEmitter();
  private taken = 0;

  private constructor(
    private readonly server: Server,
    readonly ca: string,
  ) {
    server.on('request', (request, response) => this.answer(request, response));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (this.refusal) {
        const body = JSON.stringify(this.refusal.body);
        const { retry_after_s } = this.refusal;
        const later = retry_after_s === undefined ? '' : `Retry-After: ${retry_after_s}\r\n`;
        socket.end(`HTTP/1.1 ${this.refusal.status} No\r\n${later}Content-Length: ${body.length}\r\n\r\n${body}`);
        return;
      }
      this.tokens.push(request.headers.authorization ?? '');
      if (this.judgesTokens && !this.isOfNow(request)) return this.refuseToken(socket, this.judgesTokens);
      sockets.handleUpgrade(request, socket, head, (ws) => this.greet(ws));
    });
  }

  static async start(directory: string): Promise<FakeCloud> {
    const authority = await createAuthority(directory);
    const server = createServer(await authority.issue());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeCloud(server, authority.ca);
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next tunnel that says hello and was not waited for yet. */
  async nextTunnel(): Promise<FakeTunnel> {
    for (;;) {
      const tunnel = this.tunnels[this.taken];
      if (tunnel) {
        this.taken += 1;
        return tunnel;
      }
      await once(this.news, 'tunnel');
    }
  }

  async stop(): Promise<void> {
    for (const { socket } of this.tunnels) socket.terminate();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private greet(socket: WebSocket): void {
    socket.once('message', (data) => {
      const tunnel = new FakeTunnel(socket, JSON.parse(data.toString()) as Hello);
      const { heartbeat_s } = this;
      const reconnect = { min_s: 0, max_s: 0 };
      const server_time = new Date(this.now()).toISOString();
      tunnel.send({ type: 'welcome', device_id: 'd', server_time, heartbeat_s, reconnect });
      this.tunnels.push(tunnel);
      this.news.emit('tunnel');
    });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'POST') {
      void this.register(request, response);
      return;
    }
    const image = this.images.get((request.url ?? '').replace(/\?.*$/, ''));
    this.ranges.push(request.headers.range ?? '');
    this.downloads.push(request.headers);
    if (!image) response.writeHead(404).end();
    else (this.answers.shift() ?? this.always)(request, response, image);
  }

  /** True for a token that is valid now, with a minute's grace for its beginning. */
  private isOfNow({ headers }: IncomingMessage): boolean {
    const { iat = 0, exp = 0 } = decodeJwt((headers.authorization ?? '').replace('Bearer ', ''));
    const now_s = this.now() / 1000;
    return iat <= now_s + 60 && exp > now_s;
  }

  private refuseToken(socket: Duplex, how: 'server_time' | 'Date'): void {
    const now = new Date(this.now());
    const body = JSON.stringify({
      code: 'unauthorized',
      ...(how === 'server_time' && { server_time: now.toISOString() }),
    });
    const date = how === 'Date' ? `Date: ${now.toUTCString()}\r\n` : '';
    socket.end(`HTTP/1.1 401 No\r\n${date}Content-Length: ${body.length}\r\n\r\n${body}`);
  }

  private async register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    this.registrations.push({ body, authorization: request.headers.authorization });
    const { status, body: answer = {} } = this.registrationAnswers.shift() ?? { status: 201 };
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(answer));
  }
}

/** The image, or the part of it that is asked for (RFC 9110, section 14). */
export const sendImage: Answer = (request, response, image) => {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (start === undefined) {
    response.writeHead(200, { 'content-length': image.length }).end(image);
    return;
  }
  const part = image.subarray(Number(start));
  const range = `bytes ${start}-${image.length - 1}/${image.length}`;
  response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part);
};

/** Sends `bytes` bytes of the right answer and cuts the connection. */
export const cutAfter =
  (bytes: number): Answer =>
  (_request, response, image) => {
    response.writeHead(200, { 'content-length': image.length });
    response.write(image.subarray(0, bytes), () => response.destroy());
  };

/** Sends `bytes` bytes and then nothing, without end. */
export const stallAfter =
  (bytes: number): Answer =>
  (_request, response, image) => {
    response.writeHead(200, { 'content-length': image.length });
    response.write(image.subarray(0, bytes));
  };

export const refuseWith =
  (status: number): Answer =>
  (_request, response) =>
    void response.writeHead(status).end();

export const redirectTo =
  (location: string, status = 302): Answer =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();

/** What a captive portal answers: a page of its own, in whatever length. */
export const sendPage: Answer = (_request, response) => {
  const page = '<html>Please log in</html>';
  response.writeHead(200, { 'content-type': 'text/html', 'content-length': page.length }).end(page);
};
