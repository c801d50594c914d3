import { JSON_DEPTH_MAX, deviceFrames, isNestedDeeper, legible, schemaOf } from '@edgeflow/contracts';
import { reportInBroken } from './broken.js';
import { helloIn } from './hello.js';
import { failedIn, postponeIn, progressIn, urlRequestIn } from './reports.js';
import { wrongForm, type Remark, type DeviceFrame } from '../../../session/device-frame.js';
import { invalid, updateIdIn, type Members, type ReadFrame } from './values.js';

/**
 * What a text frame turned out to be. An unknown type is no error of the tunnel: newer devices may say more than we know. Nor is a report
 * that could not be taken: a device whose tunnel ends is told of its update again, and begins again.
 */
export type Parsed =
  | { kind: 'frame'; frame: DeviceFrame; remarks: readonly Remark[] }
  | { kind: 'ignored'; remarks: readonly Remark[] }
  | { kind: 'unknown-type'; name: string }
  | { kind: 'bad'; detail: string };

type FrameType = keyof typeof deviceFrames;

const read: Readonly<Record<FrameType, (members: Members) => ReadFrame>> = {
  hello: helloIn,
  progress: progressIn,
  failed: failedIn,
  postpone: postponeIn,
  url: urlRequestIn,
};

const known: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(deviceFrames).map(([type, frame]) => [
    type,
    new Set(Object.keys(schemaOf(frame)['properties'] ?? {})),
  ]),
);

const bad = (detail: string): Parsed => ({ kind: 'bad', detail });
const noFrame = 'a frame is a JSON object with a type';

function isKnownType(name: unknown): name is FrameType {
  return typeof name === 'string' && known.has(name);
}

/** Reads a device's frame: JSON, an object with a `type`; of the rest whatever can be taken is. Never throws. */
export function parseFrame(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return broken(text, 'the frame is not JSON');
  }
  const isTooDeep = isNestedDeeper(Buffer.from(text));
  const tooDeep = `the frame is nested deeper than ${JSON_DEPTH_MAX} levels`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return broken(typeof value === 'string' ? value : text, isTooDeep ? tooDeep : noFrame);
  }
  const members = value as Members;
  const isReport = Object.hasOwn(members, 'update_id') && updateIdIn(members['update_id']) !== undefined;
  if (isTooDeep && !isReport) return broken(text, tooDeep);
  const type = Object.hasOwn(members, 'type') ? members['type'] : undefined;
  if (isKnownType(type)) return said(members, type);
  if (typeof type === 'string') return { kind: 'unknown-type', name: legible(type.slice(0, 64)) };
  return isReport ? { kind: 'unknown-type', name: 'A frame without a type' } : broken(text, noFrame);
}

/** What is no frame, e.g. a list of them, may hold a report all the same. */
function broken(text: string, detail: string): Parsed {
  const report = reportInBroken(text);
  if (!report || updateIdIn(report.members['update_id']) === undefined) return bad(detail);
  const { frame, remarks } = read[report.type](report.members);
  const form = wrongForm(`${detail}; what could be read of it was taken`);
  return frame ? { kind: 'frame', frame, remarks: [form] } : { kind: 'ignored', remarks: [form, ...remarks] };
}

function said(members: Members, type: FrameType): Parsed {
  const { frame, remarks } = read[type](members);
  const all = [...remarks, ...strange(members, type)].map(({ code, detail }) => ({
    code,
    detail: `${type}: ${detail}`,
  }));
  if (frame) return { kind: 'frame', frame, remarks: all };
  // A device that has not said what it runs cannot be told anything.
  return type === 'hello' ? bad(all.map(({ detail }) => detail).join('; ')) : { kind: 'ignored', remarks: all };
}

/** Members that are passed over: unknown ones, of which the first is named, and such that say nothing. */
function strange(members: Members, type: FrameType): Remark[] {
  const names = Object.keys(members);
  const [unknown] = names.filter((name) => !known.get(type)?.has(name));
  const [empty] = names.filter((name) => members[name] === null && name !== unknown);
  return [
    ...(unknown === undefined
      ? []
      : [{ code: 'unknown-member' as const, detail: `${legible(unknown.slice(0, 64))} is not known here` }]),
    ...(empty === undefined ? [] : [invalid(`${legible(empty.slice(0, 64))} is null`)]),
  ];
}
