import { describe, expect, it } from 'vitest';
import { given, image, otherUpload, revoked, stateAfter, upload, uploaded } from './firmware.fixture.js';
import { refusalOf } from './firmware.decider.js';

const release = { type: 'Release', upload } as const;
const releaseOther = { type: 'Release', upload: otherUpload } as const;
const revoke = { type: 'Revoke', revoked_by: 'bob' } as const;

describe('a version that nobody has uploaded', () => {
  it('is released', () => expect(given().when(release)).toEqual([uploaded]));
  it('cannot be revoked', () => expect(given().when(revoke)).toBe('firmware-unknown'));
});

describe('a released version', () => {
  it('is released once, however often the same image comes', () => expect(given(uploaded).when(release)).toEqual([]));
  it('keeps its image', () => expect(given(uploaded).when(releaseOther)).toBe('version-exists'));
  it('is revoked', () => expect(given(uploaded).when(revoke)).toEqual([revoked]));
  it('is revoked with the reason that was given', () => {
    const withReason = { ...revoked, data: { ...revoked.data, reason: 'bricks m1' } };
    expect(given(uploaded).when({ ...revoke, reason: 'bricks m1' })).toEqual([withReason]);
  });
});

describe('a revoked version', () => {
  it('does not come back', () => expect(given(uploaded, revoked).when(release)).toBe('firmware-revoked'));
  it('does not come back as another image', () =>
    expect(given(uploaded, revoked).when(releaseOther)).toBe('version-exists'));
  it('is revoked once', () => expect(given(uploaded, revoked).when(revoke)).toEqual([]));
});

describe('what a firmware lane folds to', () => {
  it('is nothing at first, with nothing seen', () => expect(stateAfter([])).toEqual({ status: 'none', position: 0 }));
  it('knows the upload and where it stands', () =>
    expect(stateAfter([uploaded])).toEqual({ status: 'available', position: 1, upload }));
  it('knows where it was revoked, and still the upload', () =>
    expect(stateAfter([uploaded, revoked])).toEqual({ status: 'revoked', position: 2, upload }));
  it('stands where it was revoked first', () =>
    expect(stateAfter([uploaded, revoked, revoked])).toMatchObject({ position: 2 }));
});

describe('a refusal before the image is there', () => {
  it('names the firmware and the image that exists', () => {
    const refusal = refusalOf(stateAfter([uploaded]), 'e'.repeat(64));
    expect(refusal).toMatchObject({ code: 'version-exists', facts: { firmware_id: upload.firmware_id, model: 'm1' } });
    expect(refusal?.detail).toContain(image.sha256);
  });

  it('is none when the version is free, or is this very image', () => {
    expect(refusalOf(stateAfter([]), image.sha256)).toBeUndefined();
    expect(refusalOf(stateAfter([uploaded]), image.sha256)).toBeUndefined();
  });
});
