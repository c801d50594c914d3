import type { Content } from '../body/digest.js';
import type { S3Request } from '../s3-request.js';
import type { Storage } from '../storage/storage.js';

/** What an operation works with; the request is authenticated. */
export interface Call {
  request: S3Request;
  storage: Storage;
  /** The body, verified while it is read. */
  payload: () => Content;
}

export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: string | AsyncIterable<Buffer>;
  /** Called when the answer was sent, or could not be. */
  close?: () => Promise<void>;
}

export type Operation = (call: Call) => Promise<Answer>;

/** An answer with an XML document. */
export function xmlAnswer(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
