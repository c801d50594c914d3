import {
  Refused,
  assertShape,
  deviceFrames,
  legible,
  parseJson,
  type DeviceFrame,
  type SchemaClass,
} from '@edgeflow/contracts';

/** What a text frame turned out to be. An unknown type is no error of the tunnel: newer devices may say more than we know. */
export type Parsed =
  { kind: 'frame'; frame: DeviceFrame } | { kind: 'unknown-type'; name: string } | { kind: 'bad'; detail: string };

const bad = (detail: string): Parsed => ({ kind: 'bad', detail });

function isKnownType(name: string): name is keyof typeof deviceFrames {
  return Object.hasOwn(deviceFrames, name);
}

/**
 * Reads a device's frame: JSON, an object with a `type`, in the shape of its type. Never throws. Of a text that no event may hold the
 * rest is taken: a report is not lost for a broken character in its message.
 */
export function parseFrame(text: string): Parsed {
  let value: unknown;
  try {
    value = legible(parseJson(text, { code: 'invalid-request', what: 'the frame' }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return bad(error.detail);
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    return bad('a frame is a JSON object with a type');
  }
  return isKnownType(value.type) ? checked(value, value.type) : { kind: 'unknown-type', name: value.type.slice(0, 64) };
}

function checked(value: object, type: keyof typeof deviceFrames): Parsed {
  const frameClass: SchemaClass<DeviceFrame> = deviceFrames[type];
  try {
    assertShape(frameClass, value, 'invalid-request');
    return { kind: 'frame', frame: value };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return bad(`${type}: ${error.detail}`);
  }
}
