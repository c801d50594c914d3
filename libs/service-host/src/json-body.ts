import type { Readable } from 'node:stream';
import { JSON_DEPTH_MAX, Refused, isNestedDeeper, isStorable } from '@edgeflow/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { inheritedMembers, unknownNames } from './inherited-names.js';

const NOT_TAKEN =
  'The body must be JSON, and say so: content-type: application/json (an upload of a file: multipart/form-data)';

/** How the bodies are read of requests whose callers are not known yet. */
const readers = new WeakMap<FastifyRequest, () => Promise<unknown>>();

/**
 * Has a server read bodies in JSON, of so many bytes at the most, and no others; multipart has its own parser where there are uploads.
 * They are left to {@link BodyGuard}: who may not ask shall hear that at once, whether its body comes or not, and not how it could have
 * been asked better.
 */
export function readJsonBodies(server: FastifyInstance, max_bytes: number): void {
  // Members that would change what all objects are stay in sight, for valueOf to refuse.
  const parse = server.getDefaultJsonParser('ignore', 'ignore');
  const read = async (request: FastifyRequest, payload: Readable): Promise<unknown> => {
    const bytes = await bytesOf(payload, Number(request.headers['content-length'] ?? 0), max_bytes);
    return bytes.length === 0 ? undefined : await valueOf(bytes, (text, done) => void parse(request, text, done));
  };
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', (request, payload: Readable, done) => {
    readers.set(request, () => read(request, payload));
    done(null, undefined);
  });
  server.addContentTypeParser('*', (request, _payload, done) => {
    readers.set(request, () => {
      throw new Refused('media-type-unsupported', NOT_TAKEN);
    });
    done(null, undefined);
  });
}

/** Reads the body of a request, or refuses it. Comes after the guards that say who the caller is and what it may do. */
@Injectable()
export class BodyGuard implements CanActivate {
  /** @throws Refused `upload-too-large`, `media-type-unsupported`, `request-timeout`, `invalid-request` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const read = readers.get(request);
    if (read) request.body = await read();
    return true;
  }
}

async function bytesOf(payload: Readable, announced: number, max_bytes: number): Promise<Buffer> {
  const tooLarge = (): Refused => new Refused('upload-too-large', 'The body is larger than this route accepts');
  if (announced > max_bytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of whole(payload)) {
    size += chunk.length;
    if (size > max_bytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A client that goes away is no failure of the service, in the logs and in the trail. @throws Refused */
async function* whole(payload: Readable): AsyncGenerator<Buffer> {
  try {
    yield* payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw cause instanceof Refused ? cause : new Refused('invalid-request', 'The body broke off', {}, { cause });
  }
}

type Parse = (text: string, done: (error: Error | null, value?: unknown) => void) => void;

/** @throws Refused `invalid-request` */
async function valueOf(bytes: Buffer, parse: Parse): Promise<unknown> {
  const refused = (detail: string, cause?: unknown): Refused => new Refused('invalid-request', detail, {}, { cause });
  if (isNestedDeeper(bytes)) throw refused(`The body is nested deeper than ${JSON_DEPTH_MAX} levels`);
  const value = await new Promise((resolve, reject) => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    parse(text, (error, parsed) => (error ? reject(error) : resolve(parsed)));
  }).catch((cause: unknown) => {
    throw refused('The body is not JSON in UTF-8', cause);
  });
  if (!isStorable(value)) throw refused('The body has NUL or half of a surrogate pair in a text');
  const inherited = inheritedMembers(value);
  if (inherited.length > 0) throw unknownNames(inherited);
  return value;
}
