import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { invalidRequest } from '@edgeflow/service-host';
import { UploadFields } from '../http/upload.dto.js';

/** Fields that an upload cannot do without. */
export const REQUIRED = ['version', 'sha256', 'models'] as const satisfies readonly (keyof UploadFields)[];

/**
 * The fields, checked.
 * @throws Refused `version-invalid` when a version is not semantic, `invalid-request` for the rest; with `violations: [{ field, problem }]`
 */
export async function checkFields(given: Readonly<Record<string, unknown>>): Promise<UploadFields> {
  const fields = plainToInstance(UploadFields, given);
  const errors = await validate(fields, { validationError: { target: false, value: false } });
  if (errors.length === 0) return fields;
  const aboutVersions = errors.every(({ property }) => property === 'version' || property === 'min_version');
  throw invalidRequest(errors, aboutVersions ? 'version-invalid' : undefined);
}
