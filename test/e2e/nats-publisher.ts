import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';

/** What JetStream answers a publish. */
export interface Ack {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; description: string };
}

/** A message that came to what was subscribed to. */
export interface Heard {
  subject: string;
  body: string;
}

/** How long an answer may take, in milliseconds. */
const ANSWER_MS = 20_000;

/**
 * A platform team's publisher that knows nothing of our contracts, so that it can say what they do not allow: the NATS client protocol
 * by hand (docs.nats.io, "Client Protocol": INFO, CONNECT, PING, SUB, HPUB, MSG).
 */
export class NatsPublisher {
  private received = Buffer.alloc(0);
  private readonly acks = new Map<string, (ack: Ack) => void>();
  private readonly refusals = new Set<(error: Error) => void>();
  private readonly inbox: string;
  /** What was subscribed to, by its number. */
  private readonly subscriptions = new Map<string, Heard[]>();
  private readonly refused: string[] = [];

  private constructor(
    private readonly socket: Socket,
    user: string,
  ) {
    this.inbox = `_INBOX_${user}.${randomUUID()}`;
    socket.on('data', (data) => this.take(data));
  }

  /**
   * @param url `tls://user:password@host:port`
   * @param ca the authority of the server's certificate, PEM
   */
  static async connect(url: string, ca: string): Promise<NatsPublisher> {
    const { hostname, port, username, password } = new URL(url);
    const plain = connect(Number(port), hostname);
    // The server speaks first, in the clear: INFO, with tls_required.
    await once(plain, 'data');
    const socket = secure({ socket: plain, ca, host: hostname });
    await once(socket, 'secureConnect');
    const publisher = new NatsPublisher(socket, username);
    const options = {
      ...{ verbose: false, pedantic: false, headers: true, no_responders: true, lang: 'raw', version: '1' },
      ...{ user: decodeURIComponent(username), pass: decodeURIComponent(password), tls_required: true },
    };
    socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB ${publisher.inbox}.* 1\r\nPING\r\n`);
    return publisher;
  }

  /** Publishes, whatever it is, and waits for the stream's answer. @throws Error with the server's words when it is denied */
  publish(subject: string, headers: Record<string, string>, body: string | Buffer): Promise<Ack> {
    return this.publishBytes(subject, blockOf(headers), body);
  }

  /** The same with a whole block of headers, whatever is in it. */
  async publishBytes(subject: string, block: string, body: string | Uint8Array): Promise<Ack> {
    const reply = `${this.inbox}.${randomUUID()}`;
    const ack = new Promise<Ack>((resolve, reject) => {
      this.acks.set(reply, resolve);
      this.refusals.add(reject);
      setTimeout(() => reject(new Error(`no answer to ${subject}`)), ANSWER_MS).unref();
    });
    this.write(subject, block, body, reply);
    return ack;
  }

  /** Publishes without waiting. @param reply where the answer is to go, whoever is there */
  send(subject: string, headers: Record<string, string>, body: string | Buffer, reply: string): void {
    this.write(subject, blockOf(headers), body, reply);
  }

  /** Subscribes. @returns what comes from now on, as it comes */
  hear(subject: string): Heard[] {
    const heard: Heard[] = [];
    const sid = String(this.subscriptions.size + 2);
    this.subscriptions.set(sid, heard);
    this.socket.write(`SUB ${subject} ${sid}\r\n`);
    return heard;
  }

  /** The server's next refusal, or that of before. */
  async refusal(): Promise<string> {
    return this.refused.at(-1) ?? new Promise((resolve) => this.refusals.add(({ message }) => resolve(message)));
  }

  /** Publishes an event as docs/requests.md says it, CloudEvents binary mode. */
  request(org: string, id: string, type: string, body: unknown, headers: Record<string, string> = {}): Promise<Ack> {
    const event = { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/team/releases', 'ce-type': type };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.publish(`ota.${org}.request.${id}.${type}`, { 'Nats-Msg-Id': id, ...event, ...headers }, text);
  }

  close(): void {
    this.socket.destroy();
  }

  private write(subject: string, block: string, body: string | Uint8Array, reply: string): void {
    const head = Buffer.from(block);
    const payload = Buffer.from(body);
    const total = head.length + payload.length;
    this.socket.write(
      Buffer.concat([Buffer.from(`HPUB ${subject} ${reply} ${head.length} ${total}\r\n`), head, payload]),
    );
    this.socket.write('\r\n');
  }

  private take(data: Buffer): void {
    this.received = Buffer.concat([this.received, data]);
    for (;;) {
      const end = this.received.indexOf('\r\n');
      if (end < 0) return;
      const line = this.received.subarray(0, end).toString();
      const rest = this.received.subarray(end + 2);
      const [verb, subject = '', sid = '', ...numbers] = line.split(' ');
      if (verb === 'PING') this.socket.write('PONG\r\n');
      if (verb === '-ERR') {
        this.refused.push(line);
        for (const refuse of this.refusals) refuse(new Error(line));
      }
      if (verb !== 'MSG' && verb !== 'HMSG') {
        this.received = rest;
        continue;
      }
      const bytes = Number(numbers.at(-1));
      if (rest.length < bytes + 2) return;
      const head = verb === 'HMSG' ? Number(numbers.at(-2)) : 0;
      const body = rest.subarray(head, bytes).toString();
      const heard = this.subscriptions.get(sid);
      if (heard) heard.push({ subject, body });
      else this.answer(subject, body);
      this.received = rest.subarray(bytes + 2);
    }
  }

  /** No body: nobody listens on the subject, i.e. no stream takes it. */
  private answer(subject: string, body: string): void {
    const none: Ack = { error: { code: 503, description: 'no stream takes it' } };
    this.acks.get(subject)?.(body === '' ? none : (JSON.parse(body) as Ack));
    this.acks.delete(subject);
  }
}

function blockOf(headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `NATS/1.0\r\n${lines.join('')}\r\n`;
}
