import { In, type EntityManager } from 'typeorm';
import type { DataOf, EventName } from '@edgeflow/contracts';
import { rolloutWaits, type RolloutWait } from './rollout-waits.js';
import { beforeItsTime, type TimedWait } from './timed-waits.js';
import { DeviceRow } from '../../rows/device.row.js';
import { TimelineRow } from '../../rows/timeline.row.js';

/** Why nothing goes on on a device. */
export const DEVICE_WAITS = [
  ...(['device_offline', 'device_working', 'postponed', 'start_time', 'window', 'fleet_window'] as const),
  ...(['window_never_opens', 'rollout'] as const),
] as const;

/** What keeps a device, in numbers and in one sentence. */
export type DeviceWait =
  | TimedWait
  | RolloutWait
  | { reason: 'device_offline'; text: string; since: string; last_word_at: string | null }
  | { reason: 'postponed'; text: string; until: string; detail: string | null }
  | (Pick<DeviceRow, 'phase'> & {
      reason: 'device_working';
      text: string;
      since: string;
      last_word_at: string | null;
      deadline_at: string;
    });

/** By what a device says something itself. */
const WORDS: EventName[] = [
  ...(['DeviceConnected', 'DeviceVersionReported', 'DeviceProgressReported', 'DeviceUpdateReported'] as const),
];

/** What a device waits for, or is waited for, now: since when it is silent, and until when that may last. */
export async function deviceWaits(
  tables: EntityManager,
  of: { org: string; device_id: string },
  at: Date,
): Promise<DeviceWait[]> {
  const device = await tables.findOneBy(DeviceRow, of);
  if (!device) return [];
  const word = await newest(tables, of, WORDS);
  const last_word_at = word?.time ?? null;
  const isOpen = device.ota_status === 'updating';
  const queued = isOpen ? await newest(tables, of, ['UpdateQueued']) : undefined;
  const told = isOpen ? await newest(tables, of, ['UpdateDispatched']) : undefined;
  const isTold = told !== undefined && isOf(told, device);
  return [
    ...(device.online ? [] : await offlineSince(tables, device, last_word_at)),
    ...(isTold ? [device.postponed ? putOff(told, device.postponed, at) : working(told, device, last_word_at)] : []),
    ...(!isTold && queued && isOf(queued, device) ? await beforeItsTime(tables, device, queued, at) : []),
    ...(await rolloutWaits(tables, of, at)),
  ];
}

async function offlineSince(
  tables: EntityManager,
  { org, device_id, last_seen_at, registered_at }: DeviceRow,
  last_word_at: string | null,
): Promise<DeviceWait[]> {
  const goodbye = await newest(tables, { org, device_id }, ['DeviceDisconnected']);
  const since = goodbye?.time ?? last_seen_at ?? registered_at;
  const words = last_word_at === null ? 'it has never said a word' : `its last word was at ${last_word_at}`;
  const text = `The device is offline since ${since}; ${words}.`;
  return [{ reason: 'device_offline', since, last_word_at, text }];
}

function working({ time: since, data }: TimelineRow, { phase }: DeviceRow, last_word_at: string | null): DeviceWait {
  const { version, deadline_at } = data as { version: string; deadline_at: string };
  // What it does it may have said before it was told again of what it had put off.
  const said =
    last_word_at !== null && (phase !== null || last_word_at >= since)
      ? `its last word was at ${last_word_at}`
      : 'it has said nothing since';
  const doing = phase === null ? '' : ` (${phase})`;
  const text = `The device was told at ${since} to install ${version}${doing}; ${said}. It has time until ${deadline_at}.`;
  return { reason: 'device_working', since, last_word_at, phase, deadline_at, text };
}

/** Somebody at the device wants its update later: nobody works on it, and it is told again then; by a rollout as its limits have room. */
function putOff(
  { data }: TimelineRow,
  { until, reason: detail }: NonNullable<DeviceRow['postponed']>,
  at: Date,
): DeviceWait {
  const words = detail === null ? '' : `: ${detail}`;
  const { rollout_id } = data as DataOf<'UpdateDispatched'>;
  const isOver = Date.parse(until) <= at.getTime();
  const ofRollout = isOver
    ? 'as soon as its rollout goes on and has room for it'
    : 'from then on, as soon as its rollout has room for it';
  const then = rollout_id === undefined ? (isOver ? 'as soon as it is online' : 'then') : ofRollout;
  const [has, off] = isOver ? ['had', `until ${until}, which is over`] : ['has', `until ${until}`];
  const text = `Somebody at the device ${has} put the update off ${off}${words}. It is told again ${then}.`;
  return { reason: 'postponed', until, detail, text };
}

function isOf({ data }: TimelineRow, { update_id }: DeviceRow): boolean {
  return (data as { update_id?: string }).update_id === update_id;
}

async function newest(
  tables: EntityManager,
  of: { org: string; device_id: string },
  types: readonly EventName[],
): Promise<TimelineRow | undefined> {
  const where = { ...of, type: In(types) };
  const [row] = await tables.find(TimelineRow, { where, order: { position: 'DESC' }, take: 1 });
  return row;
}
