import { gt, valid } from 'semver';
import { Refused, type DataOf, type FirmwareSignature } from '@edgeflow/contracts';
import { firmwareIdOf, imageKeyOf } from './names.js';

/** What the publisher says of an image, before anybody has seen it. */
export interface Statement {
  org: string;
  version: string;
  sha256: string;
  /** At least one, each once. */
  models: readonly string[];
  min_version?: string;
  release_notes?: string;
  /** Verified; absent where the policy does without. */
  signature?: FirmwareSignature;
  uploaded_by: string;
}

/** What was measured on the image's bytes; lower-case hex, size in bytes. */
export interface Measured {
  sha256: string;
  size: number;
  /** Where somebody asked for them. */
  sha1?: string;
  md5?: string;
}

/**
 * Why the statement cannot be, whatever the image is; undefined when it can. The versions match the pattern of semver.org
 * already; here they must also compare, which numbers above 2^53 - 1 do not.
 */
export function statementRefusal({ version, min_version }: Statement): Refused | undefined {
  for (const stated of min_version === undefined ? [version] : [version, min_version]) {
    if (!valid(stated)) return new Refused('version-invalid', `${stated} has a number above 2^53 - 1.`);
  }
  if (min_version === undefined || !gt(min_version, version)) return undefined;
  return new Refused('invalid-request', `min_version ${min_version} is above the version ${version} itself.`);
}

/** Why the image is not the one that was stated; undefined when it is. */
export function imageRefusal({ sha256: stated }: Statement, { sha256, size }: Measured): Refused | undefined {
  if (size === 0) return new Refused('invalid-request', 'The file is empty.');
  if (sha256 === stated) return undefined;
  return new Refused('checksum-mismatch', `The image has the SHA-256 ${sha256}, not the stated ${stated}.`, {
    stated,
    actual: sha256,
    size,
  });
}

/** The payload of the event by which a stated and stored image becomes the firmware of one of its models. */
export function releaseOf(statement: Statement, model: string, image: Measured): DataOf<'FirmwareUploaded'> {
  const { org, version, models, min_version, release_notes, signature, uploaded_by } = statement;
  return {
    firmware_id: firmwareIdOf(org, model, version),
    model,
    models: [...models],
    version,
    ...image,
    key: imageKeyOf({ org, version, sha256: image.sha256 }),
    ...(min_version !== undefined && { min_version }),
    ...(release_notes !== undefined && { release_notes }),
    ...(signature && { signature }),
    uploaded_by,
  };
}
