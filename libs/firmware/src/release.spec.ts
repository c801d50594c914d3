import { describe, expect, it } from 'vitest';
import { assertShape, eventClasses } from '@edgeflow/contracts';
import { image, otherImage, statement, upload } from './firmware.fixture.js';
import { firmwareIdOf, imageAddressOf, imageKeyOf } from './names.js';
import { imageRefusal, releaseOf, statementRefusal } from './release.js';

describe('the key of an image', () => {
  const address = { org: 'acme', version: '1.3.0-rc.1+build.7', sha256: image.sha256 };

  it('is firmware/{organization_id}/{version}/{sha256}.bin', () => {
    expect(imageKeyOf(address)).toBe(`firmware/acme/1.3.0-rc.1+build.7/${'a'.repeat(64)}.bin`);
  });

  it('says what it was made of', () => expect(imageAddressOf(imageKeyOf(address))).toEqual(address));

  it.each([
    'firmware/acme/1.3.0/readme.txt',
    `firmware/acme/${'a'.repeat(64)}.bin`,
    `firmware/a.b/1.3.0/${'a'.repeat(64)}.bin`,
    `backup/firmware/acme/1.3.0/${'a'.repeat(64)}.bin`,
  ])('is not %s', (key) => expect(imageAddressOf(key)).toBeUndefined());
});

describe('the id of a firmware', () => {
  it('differs by organization, model and version', () => {
    const ids = [
      firmwareIdOf('acme', 'm1', '1.3.0'),
      firmwareIdOf('globex', 'm1', '1.3.0'),
      firmwareIdOf('acme', 'm2', '1.3.0'),
      firmwareIdOf('acme', 'm1', '1.3.1'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the same every time', () => expect(firmwareIdOf('acme', 'm1', '1.3.0')).toBe(upload.firmware_id));
});

describe('a statement', () => {
  it.each([undefined, '1.0.0', '1.3.0', '1.3.0-rc.1'])('may name the oldest version %s', (min_version) => {
    expect(statementRefusal(min_version ? { ...statement, min_version } : statement)).toBeUndefined();
  });

  it.each(['1.3.1', '2.0.0-rc.1'])('may not ask for %s, which is above its own version', (min_version) => {
    expect(statementRefusal({ ...statement, min_version })?.code).toBe('invalid-request');
  });

  it.each([{ version: '9007199254740993.0.0' }, { min_version: '0.0.9007199254740993' }])(
    'may not have versions that do not compare: %o',
    (versions) => expect(statementRefusal({ ...statement, ...versions })?.code).toBe('version-invalid'),
  );
});

describe('an image', () => {
  it('is taken when it is the stated one', () => expect(imageRefusal(statement, image)).toBeUndefined());

  it('is refused with both hashes when it is another', () => {
    expect(imageRefusal(statement, otherImage)).toMatchObject({
      code: 'checksum-mismatch',
      facts: { stated: image.sha256, actual: otherImage.sha256, size: 10 },
    });
  });

  it('is refused when it is empty', () =>
    expect(imageRefusal(statement, { ...image, size: 0 })?.code).toBe('invalid-request'));
});

describe('a release', () => {
  it('is a legal event of the contracts', () => {
    const full = releaseOf({ ...statement, min_version: '1.0.0', release_notes: 'Boots faster.' }, 'm2', image);
    expect(() => assertShape(eventClasses.FirmwareUploaded, full)).not.toThrow();
    expect(full).toMatchObject({ model: 'm2', models: ['m1', 'm2'], min_version: '1.0.0', uploaded_by: 'ann' });
  });

  it('is one per model, all of the same image', () => {
    const other = releaseOf(statement, 'm2', image);
    expect(other.firmware_id).not.toBe(upload.firmware_id);
    expect(other.key).toBe(upload.key);
  });
});
