/** Many events of devices that are known, written straight into the log. */
import { streamSubject } from '@edgeflow/contracts';
import { deviceIds, register, reportedVersion } from './device-log.mjs';
import { claim, now } from './measure.mjs';

/** What one atomic batch takes (ADR-50 of NATS). */
const BATCH = 1_000;
const ORG = 'acme';

/** Devices that report other versions, one event after the other, each guarded by the last of its device. */
export class Reports {
  #after = new Map();
  #next = 0;
  #reported = new Map();

  constructor(log, devices) {
    this.log = log;
    this.devices = devices;
  }

  /** Reads where the devices' streams end. */
  async open() {
    for (const device_id of this.devices) {
      const stream = { org: ORG, entity: 'device', entity_id: device_id };
      this.#after.set(streamSubject(stream), undefined);
    }
    for await (const { entity, entity_id, position } of this.log.scanLast([`ota.${ORG}.device.>`])) {
      const subject = streamSubject({ org: ORG, entity, entity_id });
      if (this.#after.has(subject)) this.#after.set(subject, Math.max(position, this.#after.get(subject) ?? 0));
    }
  }

  /** Appends so many events. @returns their positions, first and last */
  async append(count) {
    let [first, last] = [Infinity, 0];
    for (let left = count; left > 0;) {
      const size = Math.min(left, BATCH, this.devices.length);
      const events = Array.from({ length: size }, () => this.#nextEvent());
      const after = new Map(events.map(({ subject }) => [subject, this.#after.get(subject)]));
      const appended = await this.log.append(
        events.map(({ event }) => event),
        { after },
      );
      for (const [n, { subject }] of events.entries()) this.#after.set(subject, appended.first + n);
      [first, last] = [Math.min(first, appended.first), appended.last];
      left -= size;
    }
    return { first, last };
  }

  /** Appends so many events one by one, all at the same time; no device may come twice. @returns of each its position, and when its append began */
  appendEach(count) {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const { event, subject } = this.#nextEvent();
        const at = now();
        const { last } = await this.log.append([event], { after: this.#after.get(subject) });
        this.#after.set(subject, last);
        return { at, position: last };
      }),
    );
  }

  /** What each device said last. */
  get versions() {
    return this.#reported;
  }

  #nextEvent() {
    const device_id = this.devices[this.#next % this.devices.length];
    const version = `1.0.${this.#next}`;
    this.#next += 1;
    this.#reported.set(device_id, version);
    const event = reportedVersion(ORG, device_id, version);
    return { event, subject: streamSubject({ org: ORG, entity: 'device', entity_id: device_id }) };
  }
}

/** Devices that are known and folded. */
export async function knownDevices({ log, folds, cloud }, name, count) {
  const devices = deviceIds(name, count);
  const { public_key } = cloud.signer;
  await register(log, ORG, { devices, model: 'bench', fleet: name, public_key });
  await folds.untilAllFolded();
  const reports = new Reports(log, devices);
  await reports.open();
  return reports;
}

/** @throws Untrue unless each device's row says what the device said last, and its history has every event */
export async function assertFolded({ folds, database }, versions, { first, last, count }) {
  const schema = await folds.schema('projection');
  const { rows } = await database.query(
    `SELECT device_id, current_version FROM ${schema}.device WHERE device_id = ANY($1)`,
    [[...versions.keys()]],
  );
  const wrong = rows.filter(({ device_id, current_version }) => versions.get(device_id) !== current_version);
  claim(rows.length === versions.size && wrong.length === 0, `${wrong.length} device records are wrong`);
  const { rows: history } = await database.query(
    `SELECT count(*)::int AS count FROM ${schema}.device_event WHERE position BETWEEN $1 AND $2 AND device_id = ANY($3)`,
    [first, last, [...versions.keys()]],
  );
  claim(history[0].count === count, `${history[0].count} of ${count} events are in the history`);
}
