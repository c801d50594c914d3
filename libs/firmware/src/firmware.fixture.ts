import type { EventNameOf, Fact } from '@edgeflow/contracts';
import { spec, type Past } from '@edgeflow/testkit/decider-spec';
import { firmwareDecider } from './firmware.decider.js';
import { releaseOf, type Measured, type Statement } from './release.js';

export const image: Measured = { sha256: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32), size: 10 };
export const otherImage: Measured = { ...image, sha256: 'd'.repeat(64) };

export const statement: Statement = {
  org: 'acme',
  version: '1.3.0',
  sha256: image.sha256,
  models: ['m1', 'm2'],
  uploaded_by: 'ann',
};

export const upload = releaseOf(statement, 'm1', image);
export const otherUpload = releaseOf({ ...statement, sha256: otherImage.sha256 }, 'm1', otherImage);

export const uploaded: Fact<'FirmwareUploaded'> = { type: 'FirmwareUploaded', data: upload };
export const revoked: Fact<'FirmwareRevoked'> = {
  type: 'FirmwareRevoked',
  data: { firmware_id: upload.firmware_id, model: 'm1', version: '1.3.0', revoked_by: 'bob' },
};

const deletion = {
  ...{ firmware_id: upload.firmware_id, model: 'm1', version: '1.3.0', deletion_id: 'del_1' },
  cause: 'operator' as const,
  reason: 'old',
};
export const deletionProposed: Fact<'FirmwareDeletionProposed'> = {
  type: 'FirmwareDeletionProposed',
  data: { ...deletion, requested_by: 'bob' },
};
export const deleted: Fact<'FirmwareDeleted'> = {
  type: 'FirmwareDeleted',
  data: { ...deletion, sha256: image.sha256, key: upload.key, deleted_by: 'bob' },
};

/** `given(uploaded).when(revoke).then([revoked])`. */
export const given = (...history: readonly Past<EventNameOf<'firmware'>>[]) => spec(firmwareDecider).given(history);
