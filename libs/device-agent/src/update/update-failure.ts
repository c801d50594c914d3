import type { FailureCode } from '@edgeflow/contracts';

/** An end of an update without success; the code and the message go to the cloud. */
export class UpdateFailure extends Error {
  override readonly name = 'UpdateFailure';

  constructor(
    readonly code: FailureCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The image is not on the storage as it was when it was verified; a crash may be why, so a second download decides. */
export class ImageLost extends Error {
  override readonly name = 'ImageLost';
}
