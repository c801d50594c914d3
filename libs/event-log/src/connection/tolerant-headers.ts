import { MsgHdrsImpl } from '@nats-io/nats-core/internal';

const HEAD = 'NATS/1.0';
const decode = MsgHdrsImpl.decode.bind(MsgHdrsImpl);
const text = new TextDecoder();
const END = '\r\n';
/** What the client takes for a name of a header, and what it does not take in a value. */
const NAME = /^[\x21-\x39\x3b-\x7e]*$/;
const BARE_LINE_BREAK = /\r(?!\n)|(?<!\r)\n/;

/**
 * Has the client read whatever headers a stored message has. The server takes any bytes, and the client throws at some (a name with a
 * blank, a value with a bare CR), also deep inside its own callbacks, so that one message would end a delivery or a subscription again
 * and again; and a status line that a stranger wrote looks like the server's own "not found". What is not legal is left out.
 * (@nats-io/nats-core 3.4.0; it looks `decode` up at each message.)
 */
export function tolerateHeaders(): void {
  MsgHdrsImpl.decode = (bytes) => decodePlain(bytes) ?? withoutForeignStatus(decodeLegal(bytes));
}

/**
 * Headers as nearly all messages have them, without a status and legal throughout, as the client reads them; undefined for all others. The client's own
 * reading spells each name in its canonical way to check it, and looks for it among all that came before it.
 */
export function decodePlain(bytes: Uint8Array): MsgHdrsImpl | undefined {
  const said = text.decode(bytes);
  if (!said.startsWith(HEAD + END) || BARE_LINE_BREAK.test(said)) return undefined;
  const found = new MsgHdrsImpl();
  for (let at = HEAD.length + END.length; at < said.length;) {
    const next = said.indexOf(END, at);
    const end = next < 0 ? said.length : next;
    const colon = said.indexOf(':', at);
    if (colon >= 0 && colon < end && !add(found, said.slice(at, colon), said.slice(colon + 1, end).trim()))
      return undefined;
    at = end + END.length;
  }
  return found;
}

/** @returns false for what is no name */
function add({ headers }: MsgHdrsImpl, name: string, value: string): boolean {
  if (!NAME.test(name)) return false;
  const values = headers.get(name);
  if (values) values.push(value);
  else headers.set(name, [value]);
  return true;
}

function decodeLegal(bytes: Uint8Array): MsgHdrsImpl {
  try {
    return decode(bytes);
  } catch {
    const [head = HEAD, ...lines] = new TextDecoder().decode(bytes).split('\r\n');
    return decode(Buffer.from([head, ...lines.filter(isLegal), '', ''].join('\r\n')));
  }
}

function isLegal(line: string): boolean {
  try {
    decode(Buffer.from(`${HEAD}\r\n${line}\r\n\r\n`));
    return true;
  } catch {
    return false;
  }
}

/** The server says a status or where a message stands, never both: then the status is part of what somebody had stored. */
function withoutForeignStatus(headers: MsgHdrsImpl): MsgHdrsImpl {
  if (headers.code === 0 || !headers.has('Nats-Sequence')) return headers;
  const plain = new MsgHdrsImpl();
  for (const [name, values] of headers) for (const value of values) plain.append(name, value);
  return plain;
}
