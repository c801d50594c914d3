import type { FirmwareManifest } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { given, uploaded, revoked } from './firmware.fixture.js';
import { manifestRefusal, unsignedRefusal } from './manifest.js';

const manifest: FirmwareManifest = {
  ...{ org: 'acme', models: ['m1', 'm2'], version: '1.1.0', sha256: 'a'.repeat(64), size: 5, release_counter: 3 },
  expires_at: '2026-02-01T00:00:00Z',
};
const wanted = { org: 'acme', models: ['m1'], version: '1.1.0', sha256: 'a'.repeat(64), size: 5 };
const now = new Date('2026-01-01T00:00:00Z');
const codeOf = (change: object, at = now) => manifestRefusal({ ...wanted, ...change }, manifest, at)?.code;

describe('a manifest', () => {
  it('fits the firmware that it was made for, also before the image is measured', () => {
    expect(codeOf({})).toBeUndefined();
    expect(codeOf({ size: undefined })).toBeUndefined();
  });
  it.each([
    [{ org: 'globex' }],
    [{ version: '1.1.1' }],
    [{ sha256: 'b'.repeat(64) }],
    [{ size: 6 }],
    [{ models: ['m1', 'm3'] }],
  ])('does not fit %j', (change) => expect(codeOf(change)).toBe('manifest-mismatch'));
  it('is worth nothing after its end', () => {
    expect(codeOf({}, new Date('2026-01-31T23:59:59Z'))).toBeUndefined();
    expect(codeOf({}, new Date('2026-02-01T00:00:00Z'))).toBe('manifest-expired');
  });
});

describe('firmware without a signature', () => {
  it('is for organizations that do without', () => {
    expect(unsignedRefusal({ signature: 'required' })?.code).toBe('signature-required');
    expect(unsignedRefusal({ signature: 'optional' })).toBeUndefined();
  });
});

describe('a released firmware', () => {
  const jws = (letter: string) => ({ protected: 'e30', payload: 'e30', signature: letter.repeat(86) });
  const signature = { kid: 'k1', release_counter: 3, expires_at: '2026-02-01T00:00:00Z', manifest: jws('A') };
  const signed = {
    ...{ type: 'FirmwareSigned' as const },
    data: {
      ...{ firmware_id: uploaded.data.firmware_id, model: 'm1', version: '1.3.0' },
      signature,
      submitted_by: 'ci',
    },
  };
  const sign = { type: 'Sign', signature, submitted_by: 'ci' } as const;
  it('is signed again, once', () => {
    given(uploaded).when(sign).then([signed]);
    given(uploaded, signed).when(sign).thenNothing();
  });
  it('is signed again by an upload of the same image with another manifest', () => {
    const upload = { ...uploaded.data, uploaded_by: 'ci', signature };
    given(uploaded).when({ type: 'Release', upload }).then([signed]);
  });
  it('is not when it is revoked, or is not there', () => {
    given(uploaded, revoked).when(sign).thenRefused('firmware-revoked');
    given().when(sign).thenRefused('firmware-unknown');
  });
});
