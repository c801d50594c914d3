import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@edgeflow/runtime';
import { lingeringClose } from './lingering-close.js';
import type { Answer } from './problem.js';

/** Answers on a bare connection, where there is no response object yet or any more, and closes it. */
export function answerRaw(socket: Duplex, { status, headers, body }: Answer, clock: Clock): void {
  if (socket.writable) {
    const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
    socket.write([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'));
  }
  lingeringClose(socket, clock);
}
