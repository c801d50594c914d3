import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Min, ValidateNested } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsLabel, IsModels, IsSha256, IsText, IsToken, IsVersion } from '../fields.js';
import { FirmwareSignature } from '../signing.js';

@EventClass('firmware', 1, 'An image is stored and verified, and may be rolled out to one model.')
export class FirmwareUploaded {
  /** Derived from (org, model, version): the lane is the uniqueness of the version. */
  @IsToken() firmware_id!: string;
  /** The model that this lane is about. */
  @IsLabel() model!: string;
  /** All models of the upload; each has a lane and an event of its own, appended in one atomic batch. */
  @IsModels() models!: string[];
  @IsVersion() version!: string;
  @IsSha256() sha256!: string;
  /** For DDI clients only; nothing here trusts it. */
  @IsString() @Matches(/^[0-9a-f]{40}$/) sha1!: string;
  /** For DDI clients only; nothing here trusts it. */
  @IsString() @Matches(/^[0-9a-f]{32}$/) md5!: string;
  /** Bytes. */
  @IsInt() @Min(1) size!: number;
  /** `firmware/{organization_id}/{version}/{sha256}.bin` in the object store. */
  @IsText(512) key!: string;
  /** A device on an older version may not take this one. */
  @IsOptional() @IsVersion() min_version?: string;
  @IsOptional() @IsText(16_384) release_notes?: string;
  /** Absent where the policy of the organization did not ask for one. */
  @IsOptional() @ValidateNested() @Type(() => FirmwareSignature) signature?: FirmwareSignature;
  @IsText(256) uploaded_by!: string;
}

@EventClass('firmware', 1, 'A firmware has another signature: of another key, or for a longer time.')
export class FirmwareSigned {
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  @ValidateNested() @Type(() => FirmwareSignature) signature!: FirmwareSignature;
  @IsText(256) submitted_by!: string;
}

@EventClass('firmware', 1, 'A firmware may no longer be rolled out; devices that run it keep it.')
export class FirmwareRevoked {
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}
