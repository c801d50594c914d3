import { MsgHdrsImpl } from '@nats-io/nats-core/internal';

const HEAD = 'NATS/1.0';
const decode = MsgHdrsImpl.decode.bind(MsgHdrsImpl);

/**
 * Has the client read whatever headers a stored message has. The server takes any bytes, and the client throws at some (a name with a
 * blank, a value with a bare CR), also deep inside its own callbacks, so that one message would end a delivery or a subscription again
 * and again; and a status line that a stranger wrote looks like the server's own "not found". What is not legal is left out.
 * (@nats-io/nats-core 3.4.0; it looks `decode` up at each message.)
 */
export function tolerateHeaders(): void {
  MsgHdrsImpl.decode = (bytes) => withoutForeignStatus(decodeLegal(bytes));
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
