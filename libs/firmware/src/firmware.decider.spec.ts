import { describe, expect, it } from 'vitest';
import { deleted, deletionProposed, given, image, otherUpload, revoked, upload, uploaded } from './firmware.fixture.js';
import { refusalOf } from './firmware.decider.js';

const release = { type: 'Release', upload } as const;
const releaseOther = { type: 'Release', upload: otherUpload } as const;
const revoke = { type: 'Revoke', revoked_by: 'bob' } as const;

describe('a version that nobody has uploaded', () => {
  it('is released', () => given().when(release).then([uploaded]));
  it('cannot be revoked', () => void given().when(revoke).thenRefused('firmware-unknown'));
});

describe('a released version', () => {
  it('is released once, however often the same image comes', () => given(uploaded).when(release).thenNothing());
  it('keeps its image', () => void given(uploaded).when(releaseOther).thenRefused('version-exists'));
  it('is revoked', () => given(uploaded).when(revoke).then([revoked]));
  it('is revoked with the reason that was given', () => {
    const withReason = { ...revoked, data: { ...revoked.data, reason: 'bricks m1' } };
    given(uploaded)
      .when({ ...revoke, reason: 'bricks m1' })
      .then([withReason]);
  });
});

describe('a revoked version', () => {
  it('does not come back', () => void given(uploaded, revoked).when(release).thenRefused('firmware-revoked'));
  it('does not come back as another image', () =>
    void given(uploaded, revoked).when(releaseOther).thenRefused('version-exists'));
  it('is revoked once', () => given(uploaded, revoked).when(revoke).thenNothing());
});

const about = { cause: 'operator', requested_by: 'bob', reason: 'old' } as const;
const wish = (deletion_id: string, instead_of?: string) =>
  ({ type: 'RequestDeletion', deletion_id, instead_of, ...about }) as const;
const remove = { type: 'Delete', deletion_id: 'del_1' } as const;

describe('a deletion', () => {
  it('is asked for first, of what is there, revoked or not', () => {
    given(uploaded).when(wish('del_1')).then([deletionProposed]);
    given(uploaded, revoked).when(wish('del_1')).then([deletionProposed]);
    void given().when(wish('del_1')).thenRefused('firmware-unknown');
    void given(uploaded, deletionProposed, deleted).when(wish('del_2')).thenRefused('firmware-unknown');
  });
  it('is asked for once: of two that come at once the first one counts', () =>
    given(uploaded, deletionProposed).when(wish('del_2')).thenNothing());
  it('may be asked for again when it was refused', () => {
    const again = { ...deletionProposed, data: { ...deletionProposed.data, deletion_id: 'del_2' } };
    given(uploaded, deletionProposed).when(wish('del_2', 'del_1')).then([again]);
  });
  it('follows its own wish, once', () => {
    given(uploaded, deletionProposed).when(remove).then([deleted]);
    given(uploaded, deletionProposed, deleted).when(remove).thenNothing();
    given(uploaded).when(remove).thenNothing();
  });
  it('is not of what was uploaded anew', () =>
    given(uploaded, deletionProposed, deleted, uploaded).when(remove).thenNothing());
  it('leaves nothing: the version may be uploaded again, as another image', () => {
    const other = { type: 'FirmwareUploaded', data: otherUpload } as const;
    given(uploaded, revoked, deletionProposed, deleted).when(releaseOther).then([other]);
    expect(given(uploaded, deletionProposed, deleted).state).toEqual({ status: 'none' });
  });
});

describe('what a firmware stream folds to', () => {
  it('is nothing at first', () => expect(given().state).toEqual({ status: 'none' }));
  it('knows the upload', () => expect(given(uploaded).state).toEqual({ status: 'available', upload, position: 1 }));
  it('knows that it was revoked, and still the upload', () =>
    expect(given(uploaded, revoked).state).toEqual({ status: 'revoked', upload, position: 1 }));
});

describe('a refusal before the image is there', () => {
  it('names the firmware and the image that exists', () => {
    const refusal = refusalOf(given(uploaded).state, 'e'.repeat(64));
    expect(refusal).toMatchObject({ code: 'version-exists', facts: { firmware_id: upload.firmware_id, model: 'm1' } });
    expect(refusal?.detail).toContain(image.sha256);
  });

  it('is none when the version is free, or is this very image', () => {
    expect(refusalOf(given().state, image.sha256)).toBeUndefined();
    expect(refusalOf(given(uploaded).state, image.sha256)).toBeUndefined();
  });
});
