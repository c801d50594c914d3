import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { S3Error } from './s3-error.js';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

type XmlValue = string | number | boolean | undefined | XmlNode | readonly XmlNode[];
export interface XmlNode {
  [name: string]: XmlValue;
}

/** An S3 answer; undefined fields are left out, arrays become repeated elements. */
export function resultXml(name: string, fields: XmlNode): string {
  return documentOf(name, { '@xmlns': NAMESPACE, ...fields });
}

/** An S3 error, which has no namespace. */
export function errorXml(fields: XmlNode): string {
  return documentOf('Error', fields);
}

/**
 * Reads a request's document: every value is text; `lists` are always arrays.
 * @throws S3Error MalformedXML also for documents with a DTD, which S3 never needs
 */
export function parseXml(text: string, root: string, lists: readonly string[]): Record<string, unknown> {
  if (/<!DOCTYPE/i.test(text)) throw new S3Error('MalformedXML');
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => lists.includes(name) });
  const value = (parse(parser, text) as Record<string, unknown>)[root];
  if (typeof value !== 'object' || value === null) throw new S3Error('MalformedXML');
  return value as Record<string, unknown>;
}

function parse(parser: XMLParser, text: string): unknown {
  try {
    return parser.parse(text, true);
  } catch {
    throw new S3Error('MalformedXML');
  }
}

function documentOf(name: string, fields: XmlNode): string {
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [name]: present })}`;
}
