import { counter, histogram } from '@edgeflow/telemetry';

/** `outcome`: `created`, `known`, or the code of the refusal. */
export const uploads = counter({
  name: 'edgeflow_firmware_uploads_total',
  help: 'Uploads that have ended, by outcome.',
  labelNames: ['outcome'],
});

export const uploadedBytes = counter({
  name: 'edgeflow_firmware_uploaded_bytes_total',
  help: 'Bytes of images that were read from publishers, whatever became of them.',
});

export const uploadSeconds = histogram({
  name: 'edgeflow_firmware_upload_duration_seconds',
  help: 'Time from the start of an upload to its end, by outcome.',
  labelNames: ['outcome'],
  buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800],
});

/** `kind`: `image`, `upload` (an open multipart upload), or `refused` (too many to be what crashes left). */
export const orphans = counter({
  name: 'edgeflow_firmware_orphans_total',
  help: 'What the sweep found in the object store that no event knows, by kind.',
  labelNames: ['kind'],
});
