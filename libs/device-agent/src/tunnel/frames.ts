import { assertShape, cloudFrames, type CloudFrame } from '@edgeflow/contracts';

/** What a text frame of the cloud turned out to be. */
export type ReadFrame = { type: 'known'; frame: CloudFrame } | { type: 'unknown'; name: string };

/**
 * A cloud's text frame. Unknown types are told apart, not refused: a newer cloud may say more (DESIGN.md section 8).
 * @throws when it is no JSON object, or a known type with missing or wrong fields
 */
export function readCloudFrame(text: string): ReadFrame {
  const value: unknown = JSON.parse(text);
  const name = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof name !== 'string') throw new Error('a frame must be an object with a type');
  if (!Object.hasOwn(cloudFrames, name)) return { type: 'unknown', name };
  const frameClass: new () => CloudFrame = cloudFrames[name as CloudFrame['type']];
  assertShape(frameClass, value, 'invalid-request');
  return { type: 'known', frame: value };
}
