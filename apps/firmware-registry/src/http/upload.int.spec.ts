import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firmwareIdOf } from '@edgeflow/firmware';
import {
  NOTHING,
  partsOf,
  sha256,
  startTestRegistry,
  type Part,
  type TestRegistry,
} from '../testing/registry.fixture.js';

let registry: TestRegistry;
beforeAll(async () => {
  const settings = {
    UPLOAD_MAX_BYTES: '100000',
    UPLOAD_EXTENSIONS: '.bin, .img',
    DDI_ORGANIZATIONS: 'org_ddi, org_old',
  };
  registry = await startTestRegistry(settings);
});
afterAll(() => registry.stop());

const image = randomBytes(5000);

/** The same form as `curl -F version=@version.txt` sends it. */
function asFiles(parts: readonly Part[]): Part[] {
  return parts.map(([name, value, file]) =>
    typeof value === 'string' ? [name, Buffer.from(`${value}\n`), `${name}.txt`] : [name, value, file ?? ''],
  );
}

describe('an upload', () => {
  it('is stored under its key, announced, and answered with where it is', async () => {
    const tenant = registry.tenant();
    const more: Part[] = [
      ['min_version', '1.0.0'],
      ['release_notes', 'Boots faster — ünïcödé.'],
    ];
    const { status, body } = await tenant.upload({ bytes: image, more });
    const key = `firmware/${tenant.org}/1.3.0/${sha256(image)}.bin`;
    const firmware_id = firmwareIdOf(tenant.org, 'm1', '1.3.0');
    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ firmware_id, version: '1.3.0', sha256: sha256(image), size: 5000, key, models: ['m1'] },
      firmwares: [{ model: 'm1', firmware_id }],
      position: expect.any(Number),
    });
    const [event] = await tenant.events();
    expect(event).toMatchObject({
      ...{ position: body.position, entity_id: firmware_id, source: '/firmware-registry' },
      data: {
        ...{ firmware_id, model: 'm1', models: ['m1'], version: '1.3.0', sha256: sha256(image), size: 5000, key },
        ...{ min_version: '1.0.0', release_notes: 'Boots faster — ünïcödé.', uploaded_by: `publisher@${tenant.org}` },
      },
    });
    expect(await tenant.stored()).toEqual({ objects: [key], unfinished: [] });
    expect((await buffer(await registry.store.read(key))).equals(image)).toBe(true);
    expect((await registry.store.head(key))?.metadata).toEqual({ sha256: sha256(image) });
  });

  it('for several models is one firmware for each, announced side by side', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ models: ['m1', 'm2', 'board:rev/3'], bytes: image });
    expect(body.firmwares.map(({ model }) => model)).toEqual(['m1', 'm2', 'board:rev/3']);
    expect(body.firmware_id).toBe(body.firmwares[0]?.firmware_id);
    const events = await tenant.events();
    expect(events.map(({ position }) => body.position - position)).toEqual([2, 1, 0]);
    expect(events.map(({ entity_id }) => entity_id)).toEqual(body.firmwares.map(({ firmware_id }) => firmware_id));
    expect((await tenant.stored()).objects).toHaveLength(1);
  });

  it('is hashed for DDI clients where the organization has some, and nowhere else', async () => {
    const abc = { bytes: Buffer.from('abc') };
    const [with_some, without] = [registry.tenant('org_ddi'), registry.tenant()];
    await Promise.all([with_some.upload(abc), without.upload(abc)]);
    // RFC 3174, RFC 1321.
    const hashes = { sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d', md5: '900150983cd24fb0d6963f7d28e17f72' };
    expect(await with_some.events()).toMatchObject([{ data: hashes }]);
    const [event] = await without.events();
    expect(Object.keys(event?.data ?? {})).not.toEqual(expect.arrayContaining(['sha1']));
    expect(Object.keys(event?.data ?? {})).not.toEqual(expect.arrayContaining(['md5']));
  });

  it('may be as large as the limit, to the byte', async () => {
    const tenant = registry.tenant();
    expect((await tenant.upload({ bytes: randomBytes(100_000) })).status).toBe(201);
    const larger = await tenant.upload({ version: '1.3.1', bytes: randomBytes(100_001) });
    expect(larger).toMatchObject({ status: 413, body: { code: 'upload-too-large', max_bytes: 100_000 } });
    expect(await tenant.uploads()).toHaveLength(1);
    expect((await tenant.stored()).objects).toHaveLength(1);
  });

  it('may have another of the accepted extensions, in any case', async () => {
    const tenant = registry.tenant();
    expect((await tenant.upload({ file_name: 'Image.IMG' })).status).toBe(201);
  });
});

describe('a field', () => {
  it('may have the line end of the file that it was read from', async () => {
    const tenant = registry.tenant();
    const parts = partsOf({ bytes: image, models: ['m1'], more: [['release_notes', 'Zwei Zeilen.']] });
    const ended = parts.map((part): Part => (typeof part[1] === 'string' ? [part[0], `${part[1]}\n`] : part));
    const { status, body } = await tenant.post(ended);
    expect(status, JSON.stringify(body)).toBe(201);
    const [event] = await tenant.events();
    expect(event).toMatchObject({ data: { version: '1.3.0', models: ['m1'], release_notes: 'Zwei Zeilen.' } });
  });

  it('may come as a file, with the line end that is behind it there', async () => {
    const tenant = registry.tenant();
    const more: Part[] = [
      ['min_version', '1.0.0'],
      ['release_notes', 'Zwei\r\nZeilen — ünïcödé.'],
    ];
    const parts = partsOf({ bytes: image, models: ['m1', 'm2'], more });
    const { status, body } = await tenant.post(asFiles(parts));
    expect(status, JSON.stringify(body)).toBe(201);
    const [event] = await tenant.events();
    expect(event).toMatchObject({
      data: {
        version: '1.3.0',
        models: ['m1', 'm2'],
        min_version: '1.0.0',
        release_notes: 'Zwei\r\nZeilen — ünïcödé.',
      },
    });
  });
});

describe('the same image again', () => {
  it('is answered with what there is, and changes nothing', async () => {
    const tenant = registry.tenant();
    const first = await tenant.upload({ bytes: image, models: ['m1', 'm2'] });
    const again = await tenant.upload({ bytes: image, models: ['m1', 'm2'] });
    expect(again).toEqual({ status: 200, body: first.body });
    expect(await tenant.uploads()).toHaveLength(2);
  });

  it('is refused when its bytes are not what it says', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ bytes: image });
    const other = await tenant.upload({ bytes: randomBytes(5000), sha256: sha256(image) });
    expect(other).toMatchObject({ status: 422, body: { code: 'checksum-mismatch' } });
    expect((await tenant.stored()).objects).toEqual([body.key]);
  });

  it('for one more model is a firmware of that model only', async () => {
    const tenant = registry.tenant();
    await tenant.upload({ bytes: image, models: ['m1'] });
    const { status } = await tenant.upload({ bytes: image, models: ['m1', 'm2'] });
    expect(status).toBe(201);
    expect((await tenant.uploads()).map(({ model }) => model)).toEqual(['m1', 'm2']);
  });

  it.each([
    ['is gone', (key: string) => registry.store.remove(key)],
    ['was replaced', (key: string) => registry.store.put(key, bytesOf('something else'))],
  ])('comes back to the store when its object %s', async (_how, damage) => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ bytes: image });
    await damage(body.key);
    expect(await tenant.upload({ bytes: image })).toEqual({ status: 200, body });
    expect(await registry.store.head(body.key)).toMatchObject({ size: 5000, metadata: { sha256: sha256(image) } });
  });
});

async function* bytesOf(text: string) {
  yield Buffer.from(text);
}

describe('another image for a version that exists', () => {
  it('is refused, and the version keeps its image', async () => {
    const tenant = registry.tenant();
    const { body } = await tenant.upload({ bytes: image });
    const other = await tenant.upload({ models: ['m0', 'm1'] });
    expect(other).toMatchObject({ status: 409, body: { code: 'version-exists', model: 'm1', version: '1.3.0' } });
    expect(await tenant.uploads()).toHaveLength(1);
    expect((await tenant.stored()).objects).toEqual([body.key]);
  });

  it('is none in another organization', async () => {
    const [acme, globex] = [registry.tenant(), registry.tenant()];
    expect((await acme.upload({ bytes: image })).status).toBe(201);
    expect((await globex.upload()).status).toBe(201);
  });
});

describe('an upload that is refused leaves nothing:', () => {
  const without = (name: string) => partsOf({}).filter(([field]) => field !== name);
  const [file, ...fields] = partsOf({}).toReversed() as [Part, ...Part[]];

  const refusals: [string, Part[], number, string][] = [
    ['a wrong hash', partsOf({ sha256: 'a'.repeat(64) }), 422, 'checksum-mismatch'],
    ['an empty file', partsOf({ bytes: Buffer.alloc(0) }), 400, 'invalid-request'],
    ['a version with a v', partsOf({ version: 'v1.3.0' }), 400, 'version-invalid'],
    ['half a version', partsOf({ version: '1.3' }), 400, 'version-invalid'],
    ['a version with a slash', partsOf({ version: '1.3.0/../../x' }), 400, 'version-invalid'],
    ['a version too large to compare', partsOf({ version: '9007199254740993.0.0' }), 400, 'version-invalid'],
    ['a min_version that is none', partsOf({ more: [['min_version', 'new']] }), 400, 'version-invalid'],
    ['a min_version above the version', partsOf({ more: [['min_version', '1.3.1']] }), 400, 'invalid-request'],
    ['a hash that is none', partsOf({ sha256: 'abc' }), 400, 'invalid-request'],
    ['no model', partsOf({ models: [] }), 400, 'invalid-request'],
    ['a model twice', partsOf({ models: ['m1', 'm1'] }), 400, 'invalid-request'],
    ['models in one value', partsOf({ models: ['m1,m2'] }), 400, 'invalid-request'],
    ['too many models', partsOf({ models: Array.from({ length: 65 }, (_, n) => `m${n}`) }), 400, 'invalid-request'],
    [
      'far too many fields',
      partsOf({ models: Array.from({ length: 200 }, (_, n) => `m${n}`) }),
      400,
      'invalid-request',
    ],
    ['NUL in its notes', partsOf({ more: [['release_notes', 'a\u0000b']] }), 400, 'invalid-request'],
    ['a long version', partsOf({ version: `1.0.0-${'x'.repeat(99)}` }), 400, 'invalid-request'],
    ['a long file name', partsOf({ file_name: `${'x'.repeat(252)}.bin` }), 400, 'invalid-request'],
    ['long release notes', partsOf({ more: [['release_notes', 'x'.repeat(16_385)]] }), 400, 'invalid-request'],
    ['far too long release notes', partsOf({ more: [['release_notes', 'x'.repeat(99_999)]] }), 400, 'invalid-request'],
    ['an unknown field', partsOf({ more: [['fleet', 'all']] }), 400, 'invalid-request'],
    ['the version twice', partsOf({ more: [['version', '1.3.0']] }), 400, 'invalid-request'],
    ['another file', partsOf({ more: [['icon', Buffer.from('x'), 'icon.png']] }), 400, 'invalid-request'],
    ['a long version in a file', asFiles(partsOf({ version: `1.0.0-${'x'.repeat(99)}` })), 400, 'invalid-request'],
    [
      'notes in a file without end',
      partsOf({ more: [['release_notes', randomBytes(99_999), 'notes']] }),
      400,
      'invalid-request',
    ],
    [
      'notes that are no text',
      partsOf({ more: [['release_notes', Buffer.from([0xff, 0xfe]), 'notes']] }),
      400,
      'invalid-request',
    ],
    [
      'the version in a file and beside it',
      partsOf({ more: [['version', Buffer.from('1.3.0'), 'v']] }),
      400,
      'invalid-request',
    ],
    ['a field as a file after the file', [...partsOf({}), ['models', Buffer.from('m2'), 'm']], 400, 'field-order'],
    ['a second file', [...partsOf({}), ['file', Buffer.from('x'), 'b.bin']], 400, 'invalid-request'],
    ['another extension', partsOf({ file_name: 'image.exe' }), 400, 'file-type-invalid'],
    ['no file', without('file'), 400, 'file-missing'],
    ['a file that is a field', [...without('file'), ['file', 'bytes']], 400, 'file-missing'],
    ['nothing at all', [], 400, 'file-missing'],
    ['no version', without('version'), 400, 'invalid-request'],
    ['the file first', [file, ...fields], 400, 'field-order'],
    ['a field after the file', [...partsOf({}), ['release_notes', 'late']], 400, 'field-order'],
    ['a model after the file', [...partsOf({}), ['models', 'm2']], 400, 'field-order'],
  ];

  it.each(refusals)('%s', async (_what, parts, status, code) => {
    const tenant = registry.tenant();
    expect(await tenant.post(parts)).toMatchObject({ status, body: { code, instance: '/registry/v1/firmware' } });
    expect(await tenant.stored()).toEqual(NOTHING);
    expect(await tenant.events()).toEqual([]);
  });

  it.each(['viewer', 'operator'] as const)('a caller who is %s', async (role) => {
    const tenant = registry.tenant();
    expect(await tenant.upload({}, role)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await tenant.stored()).toEqual(NOTHING);
  });

  it('a body that is no form', async () => {
    const headers = { authorization: `Bearer ${await registry.tenant().token('admin')}` };
    for (const [type, body, status = 400, code = 'invalid-request'] of [
      ['application/json', '{}', 415, 'media-type-unsupported'],
      ['text/plain', 'x', 415, 'media-type-unsupported'],
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=b', 'no form at all'],
      ['multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="version"\r\n\r\n1.3.0'],
    ] as const) {
      const init = { method: 'POST', headers: { ...headers, 'content-type': type }, body };
      const answer = await fetch(`${registry.service.url}/registry/v1/firmware`, init);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code });
    }
  });
});
