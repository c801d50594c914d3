import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { history, revoked, storyOf, uploaded } from '../testing/device-story.fixture.js';
import { evolveFirmware } from './firmware.evolve.js';
import type { FirmwareRow } from './firmware.row.js';

const upload = uploaded('1.1.0');

function given(...events: readonly OtaEvent[]): FirmwareRow | undefined {
  return history(...events).reduce<FirmwareRow | undefined>(evolveFirmware, undefined);
}

describe('a firmware', () => {
  it('is there from its upload on', () => {
    expect(given(upload)).toMatchObject({
      ...{ firmware_id: 'fw_m1_1_1_0', org: 'acme', model: 'm1', version: '1.1.0', size: 3_000_000_000 },
      ...{ min_version: null, release_notes: null, uploaded_at: upload.time, revoked: false, revoked_at: null },
    });
  });

  it('does not show the hashes that nothing trusts', () => {
    expect(Object.keys(given(upload) ?? {})).not.toEqual(expect.arrayContaining(['sha1']));
  });

  it('is revoked once', () => {
    const revocation = revoked(upload);
    const record = given(upload, revocation);
    expect(record).toMatchObject({ revoked: true, revoked_at: revocation.time, position: 2 });
    expect(history(upload, revocation).reduce<FirmwareRow | undefined>(evolveFirmware, record)).toBe(record);
  });

  it('is nothing that a device does', () => {
    expect(given(storyOf('dev_1').registered())).toBeUndefined();
  });
});
