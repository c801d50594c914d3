import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { history, revoked, storyOf, uploaded } from '../testing/device-story.fixture.js';
import { isOf, toEvent, type DataOf, type EventOf, type StoredEvent } from '@edgeflow/contracts';
import { evolveFirmware } from './firmware.evolve.js';
import type { FirmwareRow } from '../rows/firmware.row.js';

const upload = uploaded('1.1.0');

const isOfFirmware = (event: StoredEvent): event is EventOf<'firmware'> => isOf(event, 'firmware');

function given(...events: readonly OtaEvent[]): FirmwareRow | undefined {
  return history(...events)
    .filter(isOfFirmware)
    .reduce<FirmwareRow | undefined>(evolveFirmware, undefined);
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
    expect(
      history(upload, revocation).filter(isOfFirmware).reduce<FirmwareRow | undefined>(evolveFirmware, record),
    ).toBe(record);
  });

  it('is deleted, and there again when its version is uploaded anew', () => {
    const { org, entity_id, data } = upload;
    const { firmware_id, model, version, sha256, key } = data as DataOf<'FirmwareUploaded'>;
    const about = { firmware_id, model, version, deletion_id: 'del_1', cause: 'operator' } as const;
    const at = { org, entity: 'firmware', entity_id } as const;
    const deletion = toEvent(
      at,
      { type: 'FirmwareDeleted', data: { ...about, sha256, key, deleted_by: 'ops' } },
      { id: 'evt_del', source: '/spec', time: upload.time },
    );
    expect(given(upload, deletion)).toMatchObject({ deleted: true, deleted_at: upload.time, revoked: false });
    expect(given(upload, revoked(upload), deletion, upload)).toMatchObject({
      ...{ deleted: false, deleted_at: null, revoked: false, revoked_at: null, position: 4 },
    });
  });

  it('is nothing that a device does', () => {
    expect(given(storyOf('dev_1').registered())).toBeUndefined();
  });
});
