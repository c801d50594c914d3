import type { Claim } from './claim.js';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

const CREDENTIAL = /^(?<id>[^/]{1,128})\/(?<date>\d{8})\/(?<region>[\w-]+)\/(?<service>\w+)\/(?<terminator>\w+)$/;
const DATE_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Splits `<access key>/<date>/<region>/<service>/aws4_request`; undefined when it is something else. */
export function parseCredential(text: string): Pick<Claim, 'access_key_id' | 'scope'> | undefined {
  const groups = CREDENTIAL.exec(text)?.groups;
  if (!groups) return undefined;
  const { id = '', date = '', region = '', service = '', terminator = '' } = groups;
  return { access_key_id: id, scope: { date, region, service, terminator } };
}

/** Milliseconds since the epoch of `20261123T101500Z`; NaN when it is something else. */
export function timeOf(dateTime: string): number {
  const match = DATE_TIME.exec(dateTime);
  if (!match) return NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
