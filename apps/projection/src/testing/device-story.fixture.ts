import { toEvent, type DataOf, type EventName, type Fact, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';

let count = 0;
const START = Date.UTC(2026, 1, 21, 12);

/** An event with an id of its own, one second later than the one that was made before it. */
export function happened<N extends EventName>(
  stream: Pick<OtaEvent, 'org' | 'entity' | 'entity_id'>,
  fact: Fact<N>,
): OtaEvent<N> {
  count += 1;
  return toEvent(stream, fact, {
    id: `evt_${count}`,
    source: '/spec',
    time: new Date(START + count * 1_000).toISOString(),
  });
}

/** The same event as the consequence of another one: it stands in that one's story. */
export function causedBy<N extends EventName>(
  { id, correlation_id }: Pick<OtaEvent, 'id' | 'correlation_id'>,
  event: OtaEvent<N>,
): OtaEvent<N> {
  return { ...event, causation_id: id, correlation_id };
}

/** What the log holds after these events and nothing else. */
export function history(...events: readonly OtaEvent[]): StoredEvent[] {
  return events.map((event, index) => ({ ...event, position: index + 1 }));
}

/** What can happen to one device, in words; update `n` is `upd_<n>`. */
export function storyOf(device_id: string, org = 'acme') {
  const device = { org, entity: 'device', entity_id: device_id } as const;
  const update = { org, entity: 'update', entity_id: device_id } as const;
  const which = (n: number) => ({ update_id: `upd_${n}`, number: n, device_id });
  const session = (session_id: string) => ({
    ...{ device_id, session_id, gateway_id: 'gw_1', protocol: 'edgeflow.ota.v1' },
  });
  const plan = (n: number, version: string): DataOf<'UpdateDispatched'> => ({
    ...which(n),
    ...{ request_id: `req_${n}`, firmware_id: 'fw_1', model: 'm1', version, sha256: 'a'.repeat(64), size: 10 },
    ...{ key: `firmware/${org}/${version}/a.bin`, force: false, deadline_at: '2026-02-22T12:00:00.000Z' },
  });
  const refusal = (n: number, version: string, code: string) => ({
    ...{ update_id: `upd_${n}`, device_id, request_id: `req_${n}`, version, code, detail: `because of ${code}` },
  });
  const ending = (n: number, version: string, code: string) => ({
    ...which(n),
    version,
    code,
    detail: `ended: ${code}`,
  });
  return {
    registered: (more: Partial<DataOf<'DeviceRegistered'>> = {}) =>
      happened(device, {
        type: 'DeviceRegistered',
        data: {
          ...{ device_id, model: 'm1', fleet: 'north', tags: ['lab'], registered_by: 'spec' },
          public_key: { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) },
          ...more,
        },
      }),
    changed: (more: Partial<DataOf<'DeviceChanged'>> = {}) =>
      happened(device, {
        type: 'DeviceChanged',
        data: { device_id, model: 'm1', tags: [], changed: ['fleet', 'tags'], changed_by: 'spec', ...more },
      }),
    reinstated: () => happened(device, { type: 'DeviceReinstated', data: { device_id, reinstated_by: 'spec' } }),
    removed: () => happened(device, { type: 'DeviceRemoved', data: { device_id, removed_by: 'spec' } }),
    revoked: () => happened(device, { type: 'DeviceRevoked', data: { device_id, revoked_by: 'spec' } }),
    connected: (session_id = 'ses_1', boot_id = 'boot_1') =>
      happened(device, {
        type: 'DeviceConnected',
        data: { ...session(session_id), model: 'm1', version: '1.0.0', boot_id },
      }),
    disconnected: (session_id = 'ses_1') =>
      happened(device, {
        type: 'DeviceDisconnected',
        data: { ...session(session_id), close_code: 1006, reason: 'lost' },
      }),
    runs: (version: string, boot_id = 'boot_1') =>
      happened(device, { type: 'DeviceVersionReported', data: { device_id, model: 'm1', version, boot_id } }),
    progress: (n: number, progress: number, phase: DataOf<'DeviceProgressReported'>['phase'] = 'downloading') =>
      happened(device, {
        type: 'DeviceProgressReported',
        data: { device_id, update_id: `upd_${n}`, phase, progress },
      }),
    reported: (n: number, reported_by: 'device' | 'gateway', message = 'no') =>
      happened(device, {
        type: 'DeviceUpdateReported',
        data: { device_id, update_id: `upd_${n}`, outcome: 'failed', code: 'install-failed', message, reported_by },
      }),
    putOff: (n: number, for_s = 600) =>
      happened(device, {
        type: 'DeviceUpdatePostponed',
        data: { device_id, update_id: `upd_${n}`, for_s, until: '2026-02-21T13:00:00.000Z', reason: 'on the road' },
      }),
    postponed: (n: number, version: string, until = '2026-02-21T13:00:00.000Z') =>
      happened(update, {
        type: 'UpdatePostponed',
        data: { ...which(n), version, until, postponed_s: 600, deadline_at: until, reason: 'on the road' },
      }),
    refused: (what: DataOf<'DeviceRefused'>['what'], times: number, code: string, detail = 'no') =>
      happened(device, {
        type: 'DeviceRefused',
        data: { device_id, gateway_id: 'gw_1', what, code, detail, count: times, since: '2026-02-21T11:00:00.000Z' },
      }),
    requested: (n: number, version: string) =>
      happened(
        { org, entity: 'request', entity_id: `req_${device_id}_${n}` },
        { type: 'UpdateRequested', data: { device_id, version } },
      ),
    queued: (n: number, version: string) =>
      happened(update, { type: 'UpdateQueued', data: { ...plan(n, version), when_offline: 'queue' } }),
    dispatched: (n: number, version: string) => happened(update, { type: 'UpdateDispatched', data: plan(n, version) }),
    /** Accepted and told in one event. */
    toldAtOnce: (n: number, version: string) =>
      happened(update, {
        type: 'UpdateDispatched',
        data: { ...plan(n, version), accepted: { when_offline: 'reject', requested_by: 'ann', source: 'http:ann' } },
      }),
    skipped: (n: number, version: string) =>
      happened(update, { type: 'UpdateSkipped', data: refusal(n, version, 'already-on-target') }),
    rejected: (n: number, version: string, code = 'device-unknown') =>
      happened(update, { type: 'UpdateRejected', data: refusal(n, version, code) }),
    completed: (n: number, version: string) =>
      happened(update, {
        type: 'UpdateCompleted',
        data: { ...which(n), firmware_id: 'fw_1', version, boot_id: 'boot_2' },
      }),
    failed: (n: number, version: string, code = 'checksum-mismatch') =>
      happened(update, { type: 'UpdateFailed', data: ending(n, version, code) }),
    reverted: (n: number, version: string, runs: string) =>
      happened(update, { type: 'UpdateReverted', data: { ...ending(n, version, 'reverted'), runs } }),
    cancelled: (n: number, version: string, code = 'aborted') =>
      happened(update, { type: 'UpdateCancelled', data: ending(n, version, code) }),
    deadline: (n: number) => happened(update, { type: 'DeadlineReached', data: which(n) }),
  };
}

export type Story = ReturnType<typeof storyOf>;

/** A firmware's upload. */
export function uploaded(version: string, model = 'm1', org = 'acme'): OtaEvent<'FirmwareUploaded'> {
  const firmware_id = `fw_${model}_${version.replaceAll('.', '_')}`;
  return happened(
    { org, entity: 'firmware', entity_id: firmware_id },
    {
      type: 'FirmwareUploaded',
      data: {
        ...{ firmware_id, model, models: [model], version, sha256: 'a'.repeat(64), size: 3_000_000_000 },
        ...{ sha1: 'b'.repeat(40), md5: 'c'.repeat(32), key: `firmware/${org}/${version}/a.bin`, uploaded_by: 'spec' },
      },
    },
  );
}

export function revoked({ org, entity_id, data }: OtaEvent<'FirmwareUploaded'>): OtaEvent<'FirmwareRevoked'> {
  const { firmware_id, model, version } = data;
  return happened(
    { org, entity: 'firmware', entity_id },
    { type: 'FirmwareRevoked', data: { firmware_id, model, version, revoked_by: 'spec' } },
  );
}
