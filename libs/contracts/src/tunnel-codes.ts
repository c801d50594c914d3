/** What an `error` frame says of a frame that was not taken as it was; the tunnel stays. By code. */
export const FRAME_ERRORS = {
  'frame-invalid': 'it is not in the form of a frame; what could be read of it was taken',
  'member-invalid': 'a member was put right, or was null',
  'unknown-member': 'it has a member that is not known here, which was passed over',
  'unknown-phase': 'the phase is none of the list; the frame was passed over',
  'unknown-type': 'the type is not known here; the frame was passed over',
  'update-id-missing': 'no update can be tied to it; the frame was passed over',
  'update-unknown': 'the update is not open (any more)',
  'update-installing': 'a `postpone` of an update that is being installed: finish',
  'postponed-too-long': 'a `postpone` of an update that was put off for 30 days in all',
} as const satisfies Record<string, string>;
export type FrameError = keyof typeof FRAME_ERRORS;

/** Why an update did not come about, in the codes of the reference agent; a device may say others that match the pattern. */
export const FAILURE_CODES = {
  'signature-invalid': 'no manifest, or one that no trusted key has signed',
  'manifest-mismatch': 'the manifest is of another image',
  'wrong-model': 'the manifest is for other models',
  'manifest-expired': 'the manifest has expired',
  'downgrade-refused': 'the device has run a release with a higher counter',
  'checksum-mismatch': 'the whole image has another SHA-256',
  'download-failed': 'the image could not be had, or not kept',
  'storage-full': 'there is no room for the image',
  'install-failed': 'the image could not be installed',
  'rolled-back': 'the new version was not well, and the old one runs again',
  declined:
    'somebody at the device does not want it: no failure, the update ends as cancelled. From `installing` on it is a failure',
} as const satisfies Record<string, string>;
export type FailureCode = keyof typeof FAILURE_CODES;
