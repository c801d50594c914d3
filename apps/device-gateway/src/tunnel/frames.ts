import { JSON_DEPTH_MAX, deviceFrames, isNestedDeeper, isToken, legible, schemaOf } from '@edgeflow/contracts';
import { helloIn } from './said/hello.js';
import { failedIn, progressIn, urlRequestIn } from './said/reports.js';
import { invalid, type Remark, type Said, type SaidFrame } from './said/said.js';
import type { Members } from './said/values.js';

/**
 * What a text frame turned out to be. An unknown type is no error of the tunnel: newer devices may say more than we know. Nor is a report
 * that could not be taken: a device whose tunnel ends is told of its update again, and begins again.
 */
export type Parsed =
  | { kind: 'frame'; frame: SaidFrame; remarks: readonly Remark[] }
  | { kind: 'ignored'; remarks: readonly Remark[] }
  | { kind: 'unknown-type'; name: string }
  | { kind: 'bad'; detail: string };

type FrameType = keyof typeof deviceFrames;

const read: Readonly<Record<FrameType, (members: Members) => Said>> = {
  hello: helloIn,
  progress: progressIn,
  failed: failedIn,
  url: urlRequestIn,
};

const known: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(deviceFrames).map(([type, frame]) => [
    type,
    new Set(Object.keys(schemaOf(frame)['properties'] ?? {})),
  ]),
);

const bad = (detail: string): Parsed => ({ kind: 'bad', detail });

function isKnownType(name: unknown): name is FrameType {
  return typeof name === 'string' && known.has(name);
}

/** Reads a device's frame: JSON, an object with a `type`; of the rest whatever can be taken is. Never throws. */
export function parseFrame(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('the frame is not JSON in UTF-8');
  }
  const isTooDeep = isNestedDeeper(Buffer.from(text));
  const tooDeep = `the frame is nested deeper than ${JSON_DEPTH_MAX} levels`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(isTooDeep ? tooDeep : 'a frame is a JSON object with a type');
  }
  const members = value as Members;
  const isReport = Object.hasOwn(members, 'update_id') && isToken(members['update_id']);
  if (isTooDeep && !isReport) return bad(tooDeep);
  const type = Object.hasOwn(members, 'type') ? members['type'] : undefined;
  if (isKnownType(type)) return said(members, type);
  if (typeof type === 'string') return { kind: 'unknown-type', name: legible(type.slice(0, 64)) };
  return isReport
    ? { kind: 'unknown-type', name: 'A frame without a type' }
    : bad('a frame is a JSON object with a type');
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
