import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { plainToInstance } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsOptional,
  Matches,
  validate,
  type ValidationError,
} from 'class-validator';
import { IsSha256, IsText, IsVersion, LABEL_PATTERN, MANIFEST_MAX_BYTES, Refused } from '@edgeflow/contracts';

/** What the publisher says of the image, before the image. */
export class UploadFields {
  @ApiProperty({ example: '1.3.0', maxLength: 64, description: 'Semantic version, without a leading v.' })
  @IsVersion()
  version!: string;

  @ApiProperty({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file, lower-case hex.' })
  @IsSha256()
  sha256!: string;

  @ApiProperty({
    type: [String],
    minItems: 1,
    maxItems: 64,
    uniqueItems: true,
    example: ['m1', 'm2'],
    description: 'Device models that the image is for; the field is repeated, once for each.',
  })
  @ArrayMinSize(1)
  @ArrayMaxSize(64)
  @ArrayUnique()
  @Matches(LABEL_PATTERN, { each: true, message: 'each of models must match [A-Za-z0-9][A-Za-z0-9._:=+/-]{0,63}' })
  models!: string[];

  @ApiPropertyOptional({
    example: '1.0.0',
    maxLength: 64,
    description: 'A device on an older version may not take it.',
  })
  @IsOptional()
  @IsVersion()
  min_version?: string;

  @ApiPropertyOptional({ maxLength: 16_384, description: 'For people.' })
  @IsOptional()
  @IsText(16_384)
  release_notes?: string;

  @ApiPropertyOptional({
    maxLength: MANIFEST_MAX_BYTES,
    description: 'The signed manifest, a compact JWS (docs/signing.md); required unless the policy says otherwise.',
  })
  @IsOptional()
  @IsText(MANIFEST_MAX_BYTES)
  manifest?: string;
}

/** Fields that an upload cannot do without. */
export const REQUIRED = ['version', 'sha256', 'models'] as const satisfies readonly (keyof UploadFields)[];

/** The form as documented: the file comes last. */
export class UploadBody extends UploadFields {
  @ApiProperty({
    type: 'string',
    format: 'binary',
    description:
      'The image, as the last part of the form; its name ends as UPLOAD_EXTENSIONS of the service says (.bin).',
  })
  file!: unknown;
}

/**
 * The fields, checked.
 * @throws Refused `version-invalid` when a version is not semantic, `invalid-request` for the rest; with `violations: [{ field, problem }]`
 */
export async function checkFields(given: Readonly<Record<string, unknown>>): Promise<UploadFields> {
  const fields = plainToInstance(UploadFields, given);
  const errors = await validate(fields, { validationError: { target: false, value: false } });
  if (errors.length === 0) return fields;
  const violations = errors.flatMap(violationsOf);
  const aboutVersions = errors.every(({ property }) => property === 'version' || property === 'min_version');
  const detail = violations.map(({ problem }) => problem).join('; ');
  throw new Refused(aboutVersions ? 'version-invalid' : 'invalid-request', detail, { violations });
}

function violationsOf({ property, constraints = {} }: ValidationError): { field: string; problem: string }[] {
  return Object.values(constraints).map((problem) => ({ field: property, problem }));
}
