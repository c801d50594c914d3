/** Guarded appends with the bare client, as the log makes them: an id, the headers of CloudEvents, and what the subject's last sequence must be. */
import { headers as headersOf } from '@nats-io/nats-core';
import { claim } from './measure.mjs';

function guarded(id, subject, last) {
  const headers = headersOf();
  const all = {
    ...{ 'Nats-Msg-Id': id, 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': '/bench', 'ce-type': 'Bare' },
    ...{ 'Nats-Expected-Last-Subject-Sequence': String(last), 'Nats-Expected-Last-Subject-Sequence-Subject': subject },
  };
  for (const [name, value] of Object.entries(all)) headers.set(name, value);
  return headers;
}

async function asked(connection, subject, body, headers) {
  const reply = await connection.request(subject, body, { headers, timeout: 10_000 });
  const said = JSON.parse(reply.string());
  claim(said.seq > 0, `a bare append was answered ${reply.string()}`);
}

/** One guarded message on a subject that has none. */
export const bareSingle = (connection, subject, body) => asked(connection, subject, body, guarded(subject, subject, 0));

/** One atomic batch of guarded messages, each on a subject that has none (ADR-50 of NATS). */
export async function bareBatch(connection, id, subjects, bodyOf) {
  for (const [n, subject] of subjects.entries()) {
    const headers = guarded(`${id}-${n}`, subject, 0);
    headers.set('Nats-Batch-Id', id);
    headers.set('Nats-Batch-Sequence', String(n + 1));
    if (n < subjects.length - 1) connection.publish(subject, bodyOf(n), { headers });
    else {
      headers.set('Nats-Batch-Commit', '1');
      await asked(connection, subject, bodyOf(n), headers);
    }
  }
}
