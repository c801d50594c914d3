import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage, type StoredMessage } from './reading.js';
import { isUnread } from './unread.js';

const STORED_AT = '2026-02-21T12:00:00.123Z';
const headersOf = (type: string, change: Record<string, string> = {}) =>
  new Map(
    Object.entries({
      ...{ 'ce-specversion': '1.0', 'ce-id': 'evt_1', 'ce-source': '/spec', 'ce-type': type },
      ...{ 'ce-time': '2026-02-21T11:00:00.000Z' },
      ...change,
    }),
  );
const message = (subject: string, change: Partial<StoredMessage> = {}): StoredMessage => ({
  ...{ subject, headers: headersOf(subject.split('.').at(-1) ?? ''), body: Buffer.from('{}'), position: 7 },
  ...{ stored_at: STORED_AT },
  ...change,
});
const revoked = (data: unknown): Partial<StoredMessage> => ({ body: Buffer.from(JSON.stringify(data)) });

describe('a message of the log', () => {
  it('is an event with its position when all is well', () => {
    const data = { device_id: 'dev_1', revoked_by: 'ada' };
    const event = readMessage(message('ota.acme.device.dev_1.DeviceRevoked', revoked(data)));
    expect(isUnread(event)).toBe(false);
    expect(event).toMatchObject({ type: 'DeviceRevoked', position: 7, data, id: 'evt_1' });
  });

  it.each([
    ['of a type that is not known', 'ota.acme.device.dev_1.DeviceShadowed'],
    ['of an entity that is not known', 'ota.acme.shadow.dev_1.DeviceRevoked'],
    ['named like a member of every object', 'ota.acme.device.dev_1.constructor'],
  ])('%s is its envelope, whatever its body is', (_, subject) => {
    const [, org, entity, entity_id, type] = subject.split('.');
    expect(readMessage(message(subject, { body: Uint8Array.of(0xff) }))).toEqual({
      ...{ org, entity, entity_id, type, subject, position: 7, id: 'evt_1', time: '2026-02-21T11:00:00.000Z' },
      unread: { why: 'unknown-type' },
    });
  });

  it('that does not validate is set aside, with its code and reason', () => {
    const event = readMessage(message('ota.acme.device.dev_1.DeviceRevoked', revoked({ device_id: 7 })));
    expect(event).toMatchObject({ unread: { why: 'set-aside', code: 'event-invalid', reason: expect.any(String) } });
  });

  it.each(['2', '0', '-1', '1e3', '', 'x', '9'.repeat(30)])(
    'of version %j of ours is of one that is not known',
    (version) => {
      const data = { device_id: 'dev_1', revoked_by: 'ada' };
      const headers = headersOf('DeviceRevoked', { 'ce-dataschema': `urn:edgeflow:event:DeviceRevoked:${version}` });
      const event = readMessage(message('ota.acme.device.dev_1.DeviceRevoked', { ...revoked(data), headers }));
      expect(event).toMatchObject({ unread: { why: 'set-aside', reason: expect.stringContaining('is not known') } });
    },
  );

  it.each([
    ['ota.acme.update.dev_1.UpdateQueued.more', ['acme', 'update', 'dev_1', 'UpdateQueued.more']],
    ['ota.acme.update.dev_1.UpdateQueued!', ['acme', 'update', 'dev_1', 'UpdateQueued!']],
    ['ota.acme.update.dev_1', ['acme', '', '', '']],
    ['ota.acme.up!.dev_1.UpdateQueued', ['acme', '', '', '']],
    ['ota.a!.update.dev_1.UpdateQueued', ['_', '', '', '']],
    ['ota', ['_', '', '', '']],
    ['other.acme.update.dev_1.UpdateQueued', ['_', '', '', '']],
  ])('on %s is of the stream in which it counts', (subject, [org, entity, entity_id, type]) => {
    expect(readMessage(message(subject))).toMatchObject({
      org,
      entity,
      entity_id,
      type,
      unread: { code: 'subject-invalid' },
    });
  });

  it('has a time that can be stored, and an id that is none when it has none', () => {
    const headers = headersOf('X', { 'ce-time': '+275760-09-13T00:00:00.000Z', 'ce-id': '%00' });
    expect(readMessage(message('ota.acme.device.dev_1.X', { headers }))).toMatchObject({ time: STORED_AT, id: '' });
    const { stored_at: _, ...bare } = message('ota.acme.device.dev_1.X', { headers: new Map() });
    expect(readMessage(bare)).toMatchObject({ time: '1970-01-01T00:00:00.000Z', id: '' });
  });

  it('never throws, whatever is in it', () => {
    const subject = fc.oneof(
      fc.constantFrom(
        'ota.acme.device.dev_1.DeviceRevoked',
        'ota.acme.request.req_1.RolloutRequested',
        'ota.acme.x.y.Z',
      ),
      fc.string(),
    );
    const name = fc.oneof(fc.constantFrom('ce-id', 'ce-type', 'ce-time', 'ce-dataschema', 'content-type'), fc.string());
    const headers = fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))).map((pairs) => new Map(pairs));
    const body = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), fc.constant(Buffer.from('['.repeat(50_000))));
    fc.assert(
      fc.property(subject, headers, body, (at, of, bytes) => {
        const read = readMessage({ subject: at, headers: of, body: bytes, position: 1 });
        expect(read.position).toBe(1);
      }),
    );
  });
});
