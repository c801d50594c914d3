import type { MsgHdrs } from '@nats-io/nats-core';
import { isToken } from '@edgeflow/contracts';
import { ASIDE_STREAM } from './connection/stream.js';
import type { Aside } from './aside.js';
import { toHeaders, type Received } from './wire.js';

/** What a copy keeps of a body, and of all headers together, in bytes: the original stays in the log. */
const KEPT_BYTES = 8_192;

/** A message to the stream `OTA_ASIDE`. */
export interface AsideCopy {
  subject: string;
  headers: MsgHdrs;
  body: Uint8Array;
}

/**
 * The copy of a message that is set aside: on a subject of its organization, so that one cannot push out what is another's; its body and
 * its headers as they were, as far as there is room.
 */
export function asideCopy(durable: string, message: Received, { code, reason }: Aside): AsideCopy {
  const { subject, position, data, stored_at = '' } = message;
  const entries: [string, string][] = [
    ...keptHeaders(message),
    ['Nats-Msg-Id', `${durable}:${position}`],
    ['Nats-Expected-Stream', ASIDE_STREAM],
    ['Aside-Reason', printable(reason)],
    ['Aside-Code', printable(code)],
    ['Aside-Subject', printable(subject)],
    ['Aside-Sequence', String(position)],
    ['Aside-Stored-At', stored_at],
  ];
  if (data.length > KEPT_BYTES) entries.push(['Aside-Cut', String(data.length)]);
  return {
    subject: `aside.${orgOf(subject)}.${durable}`,
    headers: toHeaders(entries),
    body: data.subarray(0, KEPT_BYTES),
  };
}

/** The server's own headers steer a publish; those of the original are history. */
function keptHeaders({ headers }: Received): [string, string][] {
  let room = KEPT_BYTES;
  return [...(headers ?? [])].flatMap(([name, [value = '']]): [string, string][] => {
    room -= name.length + 3 * value.length;
    return /^(nats|aside)-/i.test(name) || room < 0 ? [] : [[name, value]];
  });
}

/** `_` for what stands in no organization. */
function orgOf(subject: string): string {
  const [root, org] = subject.split('.');
  return root === 'ota' && isToken(org) ? org : '_';
}

/** One line of printable ASCII. */
function printable(text: string): string {
  return text.slice(0, 1_024).replace(/[^\x20-\x7e]/g, '?');
}
