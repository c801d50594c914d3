import { unreachable, type Fact } from '@edgeflow/contracts';
import { because, count, sentence } from './words.js';

export type DeviceFact = Extract<Fact, { type: `Device${string}` }>;

/** What a device said, or was seen doing, in one plain sentence. */
export function deviceText(event: DeviceFact): string {
  switch (event.type) {
    case 'DeviceRegistered':
      return `The device was registered as ${event.data.model} by ${event.data.registered_by}.`;
    case 'DeviceKeyRotated':
      return `The device has a new key, set by ${event.data.rotated_by}${because(event.data.reason)}`;
    case 'DeviceRevoked':
      return `The device was revoked by ${event.data.revoked_by}${because(event.data.reason)}`;
    case 'DeviceConnected':
      return event.data.renewal === undefined
        ? `The device came online with ${event.data.version}.`
        : `The device is still online with ${event.data.version}.`;
    case 'DeviceDisconnected':
      return `The device went offline${because(event.data.reason)}`;
    case 'DeviceVersionReported':
      return `The device said that it runs ${event.data.version}.`;
    case 'DeviceProgressReported':
      return `The device is ${event.data.phase}: ${event.data.progress} %.`;
    case 'DeviceUpdateReported': {
      const { reported_by, code, message } = event.data;
      return sentence(`The ${reported_by} reported a failure (${code}): ${message}`);
    }
    case 'DeviceRefused': {
      const { what, code, detail, count: times, since } = event.data;
      const subject = what === 'tunnel' ? 'The device was refused' : 'Something that the device said was not taken';
      return sentence(`${subject} ${count(times, 'time')} since ${since}: ${code}. ${detail}`);
    }
    default:
      return unreachable(event);
  }
}
