import type { Failed, FrameError, Hello, Postpone, Progress, UrlRequest } from '@edgeflow/contracts';

/** What a device says of itself. One that knows of no boots names none, and may say which update it is done with. */
export type DeviceHello = Omit<Hello, 'boot_id'> & { boot_id?: string; done_with?: string };

/** A hello as it came: one that names no model is of the device as it is registered. */
export type ReceivedHello = Omit<DeviceHello, 'model'> & { model?: string };

/** Progress as it came: without a number that can be read it says that a phase has begun, or goes on. */
export type ReceivedProgress = Omit<Progress, 'progress'> & { progress?: number };

/** What a device said, in the shape of the contracts, whatever it looked like before. */
export type DeviceFrame = ReceivedHello | ReceivedProgress | Failed | Postpone | UrlRequest;

/** What the device is told about a frame that was not quite right: the `code` and `detail` of an `error`, after which the session stays. */
export interface Remark {
  code: FrameError;
  detail: string;
}

export const wrongForm = (detail: string): Remark => ({ code: 'frame-invalid', detail });

/** True for a version that stays: who says nothing of it has no boot loader that takes it back. */
export function isConfirmed({ confirmed }: Pick<DeviceHello, 'confirmed'>): boolean {
  return confirmed !== false;
}
