import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What the server said to an attempt. */
export interface Said {
  /** `-ERR` lines. */
  errors: string[];
  /** What came as an answer, if any. */
  answer?: string;
}

interface Message {
  subject: string;
  body: string;
}

/** A client that does what ours would not: the NATS protocol by hand (docs.nats.io, "Client Protocol"). */
export class RawClient {
  readonly heard: Message[] = [];
  private received = Buffer.alloc(0);
  private errors: string[] = [];
  private pongs = 0;
  private wake: () => void = () => undefined;
  private sids = 0;

  private constructor(
    private readonly socket: Socket,
    readonly user: string,
  ) {
    socket.on('data', (data) => this.take(data));
    socket.on('close', () => this.wake());
    socket.on('error', () => undefined);
  }

  /** Connects without waiting for a word of welcome. */
  static async connect(port: number, user: string, pass: string): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new RawClient(socket, user);
    const options = { verbose: false, pedantic: false, headers: true, no_responders: true, user, pass };
    socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
    return client;
  }

  /** True once the server has answered: whom it does not let in it tells so, or, when the reset overtakes the word, nothing. */
  get isIn(): boolean {
    return this.pongs > 0;
  }

  /** @returns what the server said by the time it had seen all of it */
  async subscribe(subject: string): Promise<string[]> {
    this.sids += 1;
    this.socket.write(`SUB ${subject} ${this.sids}\r\n`);
    return this.settled();
  }

  /** @param reply where the answer is to go, whoever is there */
  async publish(subject: string, headers: Record<string, string>, body: string, reply: string): Promise<string[]> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `NATS/1.0\r\n${lines.join('')}\r\n`;
    const bytes = Buffer.byteLength(head);
    this.socket.write(`HPUB ${subject} ${reply} ${bytes} ${bytes + Buffer.byteLength(body)}\r\n${head}${body}\r\n`);
    return this.settled();
  }

  /** Publishes and waits for the answer, or for the server's refusal. */
  async request(subject: string, body: string, headers: Record<string, string> = {}): Promise<Said> {
    const inbox = `_INBOX_${this.user}.${randomUUID()}`;
    await this.subscribe(inbox);
    const errors = await this.publish(subject, headers, body, inbox);
    while (errors.length === 0 && !this.heard.some((message) => message.subject === inbox)) await this.next();
    const answer = this.heard.find((message) => message.subject === inbox)?.body;
    return { errors, ...(answer !== undefined && { answer }) };
  }

  close(): void {
    this.socket.destroy();
  }

  /** A PING behind it: the PONG comes when the server has dealt with everything before. */
  private async settled(): Promise<string[]> {
    const wanted = this.pongs + 1;
    this.socket.write('PING\r\n');
    while (this.pongs < wanted && !this.socket.closed) await this.next();
    return this.errors.splice(0);
  }

  private next(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private take(data: Buffer): void {
    this.received = Buffer.concat([this.received, data]);
    while (this.line());
    this.wake();
  }

  private line(): boolean {
    const end = this.received.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.received.subarray(0, end).toString();
    const rest = this.received.subarray(end + 2);
    const [verb, subject = '', ...numbers] = line.split(' ');
    if (verb === 'MSG' || verb === 'HMSG') {
      const bytes = Number(numbers.at(-1));
      if (rest.length < bytes + 2) return false;
      const head = verb === 'HMSG' ? Number(numbers.at(-2)) : 0;
      this.heard.push({ subject, body: rest.subarray(head, bytes).toString() });
      this.received = rest.subarray(bytes + 2);
      return true;
    }
    if (verb === 'PING') this.socket.write('PONG\r\n');
    if (verb === 'PONG') this.pongs += 1;
    if (verb === '-ERR') this.errors.push(line.slice('-ERR '.length));
    this.received = rest;
    return true;
  }
}
