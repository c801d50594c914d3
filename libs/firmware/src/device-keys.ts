import { KEY_STATEMENTS_MAX } from '@edgeflow/contracts';
import type { Said, Trust } from './trust.state.js';

/** What the log knows of the keys that a device knows. */
export interface DeviceKeys {
  /** Where its registration stands in the log: it was told the keys in force then. */
  enrolled_at: number;
  /** The key of the last signed firmware that it installed. */
  accepted?: string;
  /** The key of the last one that it refused as not signed by a key that it trusts. */
  refused?: string;
}

/**
 * Whether a device can be expected to take what a key has signed: one that it was told when it was enrolled, that it has taken before, or that
 * the statements which come with the next update lead to. What stands in the device's own settings nobody here knows. Pure.
 */
export function trustsKey(trust: Trust, kid: string, device: DeviceKeys): boolean {
  if (device.refused === kid) return false;
  const known = keysKnown(trust, device);
  // Who has never been given a key takes anything where the organization does without signatures.
  if (known.size === 0 && trust.signature === 'optional') return true;
  return knownAfter(known, statementsFor(trust, kid, device)).has(kid);
}

/**
 * The statements that go with an update, in an order in which a device can follow them: the newest ones. Where those do not lead a device from what
 * it knows to the key of its image, those that do go before them, as many as there is room for. Pure.
 * @param kid the key that the image is signed with @param device absent where nobody has said what it knows
 */
export function statementsFor(trust: Trust, kid: string | undefined, device: DeviceKeys | undefined): readonly Said[] {
  const newest = followable(trust.statements.slice(-KEY_STATEMENTS_MAX));
  if (kid === undefined || !device) return newest;
  const known = keysKnown(trust, device);
  if (knownAfter(known, newest).has(kid)) return newest;
  const path = pathTo(kid, known, trust.statements);
  if (path.length === 0 || path.length > KEY_STATEMENTS_MAX) return newest;
  const others = trust.statements.filter((one) => !path.includes(one)).slice(path.length - KEY_STATEMENTS_MAX);
  return followable([...path, ...(path.length < KEY_STATEMENTS_MAX ? others : [])]);
}

function keysKnown({ keys }: Trust, { enrolled_at, accepted }: DeviceKeys): ReadonlySet<string> {
  const enrolled = keys.filter(({ since, until }) => since < enrolled_at && (until ?? Infinity) > enrolled_at);
  return new Set([...enrolled.map(({ kid }) => kid), ...(accepted === undefined ? [] : [accepted])]);
}

/** The keys that a device knows once it has heard statements. */
function knownAfter(before: ReadonlySet<string>, statements: readonly Said[]): ReadonlySet<string> {
  const known = new Set(before);
  const revoked = new Set<string>();
  for (const { by, says, revokes } of statements) {
    if (!known.has(by)) continue;
    known.add(says);
    for (const gone of revokes) revoked.add(gone);
    for (const gone of revoked) known.delete(gone);
  }
  return known;
}

/** The fewest statements that lead from known keys to one, of several such the newest; none where nothing does. */
function pathTo(kid: string, known: ReadonlySet<string>, statements: readonly Said[]): Said[] {
  const paths = new Map<string, Said[]>([...known].map((one) => [one, []]));
  // What is added while it is walked is walked too: the nearest keys first.
  for (const [by, path] of paths) {
    for (const said of statements.toReversed()) {
      if (said.by === by && !paths.has(said.says)) paths.set(said.says, [...path, said]);
    }
  }
  return paths.get(kid) ?? [];
}

/** Statements by age, but none before the one that makes its speaker known. */
function followable(statements: readonly Said[]): readonly Said[] {
  const left = [...statements];
  const ordered: Said[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ by }, at) => !left.some((other, index) => index !== at && other.says === by));
    ordered.push(...left.splice(Math.max(next, 0), 1));
  }
  return ordered;
}
