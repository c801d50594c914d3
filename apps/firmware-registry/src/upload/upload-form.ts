import type { IncomingMessage } from 'node:http';
import type { Multipart, MultipartFile } from '@fastify/multipart';
import { MANIFEST_MAX_BYTES, Refused, didYouMean, isStorable, messageOf } from '@edgeflow/contracts';
import { readThrough } from './measured-image.js';
import type { UploadFields } from '../http/upload.dto.js';
import { textOf, withoutLineEnd } from './text-part.js';
import { checkFields, REQUIRED } from './upload-fields.js';

/** What an upload needs of Fastify's request once @fastify/multipart is registered. */
export interface MultipartRequest {
  raw: IncomingMessage;
  parts(options: { limits: typeof LIMITS }): AsyncIterableIterator<Multipart>;
}

/** The form up to its file. */
export interface UploadForm {
  fields: UploadFields;
  file_name: string;
  /** The image as it arrives. It throws a Refused when the form is broken or goes on after the file. */
  image: AsyncIterable<Uint8Array>;
}

/** Bounds what a form costs besides its image, which the service measures itself: fields in bytes and in number. */
const LIMITS = { fieldSize: 65_536, fieldNameSize: 64, fields: 80, parts: 82, headerPairs: 20, fileSize: Infinity };
/** Room for the form around the image, in bytes: all fields at their limits, and their headers. */
export const FORM_BYTES = 8 * 1024 * 1024;

/** The longest that each field may be, in bytes; a character of the release notes may have four. */
const FIELD_BYTES: Readonly<Record<keyof UploadFields, number>> = {
  version: 64,
  sha256: 64,
  models: 64,
  min_version: 64,
  release_notes: LIMITS.fieldSize,
  manifest: MANIFEST_MAX_BYTES,
};
const FIELDS = Object.keys(FIELD_BYTES);
/** As file systems have it, in characters. */
const FILE_NAME_MAX = 255;
type Parts = AsyncIterator<Multipart>;

/**
 * Reads the form up to the first byte of the file.
 * @param max_bytes how much of an image is read in search of a field that is missing before it
 * @throws Refused `invalid-request`, `version-invalid`, `field-order`, `file-missing`, `upload-too-large`
 */
export async function readForm(request: MultipartRequest, max_bytes: number): Promise<UploadForm> {
  const parts = partsOf(request);
  const given: Record<string, unknown> = {};
  for (;;) {
    const part = await next(parts);
    if (!part) throw new Refused('file-missing');
    if (part.type === 'field' || part.fieldname !== 'file') {
      addField(given, await fieldOf(part));
      continue;
    }
    if ((part.filename ?? '').length > FILE_NAME_MAX)
      throw new Refused('invalid-request', 'The file name is too long.');
    const image = imageOf(part, parts);
    const missing = REQUIRED.filter((name) => given[name] === undefined);
    if (missing.length > 0) await refuseMissing(missing, image, max_bytes);
    return { fields: await checkFields(given), file_name: part.filename, image };
  }
}

function partsOf(request: MultipartRequest): Parts {
  return request.parts({ limits: LIMITS })[Symbol.asyncIterator]();
}

async function next(parts: Parts): Promise<Multipart | undefined> {
  try {
    const { value, done } = await parts.next();
    return done ? undefined : value;
  } catch (cause) {
    throw brokenForm(cause);
  }
}

function brokenForm(cause: unknown): Refused {
  if (cause instanceof Refused) return cause;
  if ((cause as { code?: string } | undefined)?.code === 'FST_INVALID_MULTIPART_CONTENT_TYPE') {
    return new Refused('media-type-unsupported', 'An upload must be multipart/form-data');
  }
  return new Refused('invalid-request', `The form could not be read: ${messageOf(cause)}.`, {}, { cause });
}

function fieldBytes(name: string): number | undefined {
  return Object.hasOwn(FIELD_BYTES, name) ? FIELD_BYTES[name as keyof UploadFields] : undefined;
}

type Field = Pick<Multipart & { type: 'field' }, 'fieldname' | 'value'> & { isCut: boolean };

/** Whichever way a field comes, it is the same field. */
async function fieldOf(part: Multipart): Promise<Field> {
  const { fieldname } = part;
  if (part.type === 'field') {
    const value = typeof part.value === 'string' ? withoutLineEnd(part.value) : part.value;
    return { fieldname, value, isCut: part.fieldnameTruncated || part.valueTruncated };
  }
  const max_bytes = fieldBytes(fieldname);
  if (max_bytes === undefined) throw unknownField(fieldname);
  const value = await textOf(part, max_bytes).catch((cause: unknown) => {
    throw brokenForm(cause);
  });
  return { fieldname, value, isCut: false };
}

function unknownField(name: string): Refused {
  return new Refused('invalid-request', `"${name}" is no field of an upload${didYouMean(name, FIELDS)}.`, {
    field: name,
  });
}

function addField(given: Record<string, unknown>, { fieldname: name, value, isCut }: Field): void {
  if (name === 'file') throw new Refused('file-missing', 'The part "file" is a field; a file part has a file name.');
  if (isCut || Buffer.byteLength(String(value)) > (fieldBytes(name) ?? Infinity)) {
    throw new Refused('invalid-request', `"${name}" is too long.`, { field: name });
  }
  if (!isStorable(value)) throw new Refused('invalid-request', `"${name}" has NUL in it.`, { field: name });
  if (name === 'models') {
    given['models'] = [...((given['models'] as unknown[] | undefined) ?? []), value];
    return;
  }
  if (fieldBytes(name) === undefined) throw unknownField(name);
  if (given[name] !== undefined) throw new Refused('invalid-request', `"${name}" is there twice.`, { field: name });
  given[name] = value;
}

/** The publisher wants to know whether a field that is missing at the file comes too late or not at all: so read on. */
async function refuseMissing(missing: string[], image: AsyncIterable<Uint8Array>, max_bytes: number): Promise<never> {
  await readThrough(image, max_bytes);
  throw new Refused('invalid-request', `The upload does not say: ${missing.join(', ')}.`, { missing });
}

function fieldAfterFile({ fieldname }: Multipart): Refused {
  return new Refused('field-order', `"${fieldname}" comes after the file.`, { field: fieldname });
}

/** The file's bytes. Its end is the form's end: what follows is refused before whoever reads this has the last word. */
async function* imageOf({ file }: MultipartFile, parts: Parts): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of file) yield chunk as Uint8Array;
  } catch (cause) {
    throw brokenForm(cause);
  }
  const after = await next(parts);
  if (after && (after.type === 'field' || fieldBytes(after.fieldname) !== undefined)) throw fieldAfterFile(after);
  if (after) throw new Refused('invalid-request', 'An upload has one file.');
}
