import type { Failed, Hello, Progress, UrlRequest } from '@edgeflow/contracts';

/** A hello as it came: one that names no model is of the device as it is registered. */
export type SaidHello = Omit<Hello, 'model'> & { model?: string };

/** Progress as it came: without a number that can be read it says that a phase has begun, or goes on. */
export type SaidProgress = Omit<Progress, 'progress'> & { progress?: number };

/** What a device said, in the shape of the contracts, whatever it looked like before. */
export type SaidFrame = SaidHello | SaidProgress | Failed | UrlRequest;

/** What the device is told about a frame that was not quite right: the `code` and `detail` of an `error`, after which the tunnel stays. */
export interface Remark {
  code: 'member-invalid' | 'unknown-member' | 'unknown-phase' | 'update-id-missing';
  detail: string;
}

/** The frame, where there is enough of it, and what was passed over or put right in it. */
export interface Said<F extends SaidFrame = SaidFrame> {
  frame?: F;
  remarks: readonly Remark[];
}

export const invalid = (detail: string): Remark => ({ code: 'member-invalid', detail });
