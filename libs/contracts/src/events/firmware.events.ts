import { IsIn, IsInt, IsOptional, IsString, Matches, Min } from 'class-validator';
import { revokes } from '../audited.js';
import { EventClass } from '../event-class.js';
import { IsA, IsLabel, IsModels, IsSha256, IsText, IsToken, IsVersion } from '../fields.js';
import { FirmwareSignature } from '../signing.js';
import { DELETION_CAUSES } from '../vocabulary.js';
import { because } from './event-text.js';

@EventClass<FirmwareUploaded>('firmware', 2, {
  summary: 'An image is stored and verified, and may be rolled out to one model.',
  room: 'asked',
  audit: ({ uploaded_by }) => ({ actor: uploaded_by }),
  text: ({ version, model }) => `${version} was uploaded for ${model}.`,
})
export class FirmwareUploaded {
  /** Derived from (org, model, version): the stream is the uniqueness of the version. */
  @IsToken() firmware_id!: string;
  /** The model that this stream is about. */
  @IsLabel() model!: string;
  /** All models of the upload; each has a stream and an event of its own, appended in one atomic batch. */
  @IsModels() models!: string[];
  @IsVersion() version!: string;
  @IsSha256() sha256!: string;
  /** For DDI clients only, where the organization has them; nothing here trusts it. */
  @IsOptional()
  @IsString()
  @Matches(/^[0-9a-f]{40}$/, { message: 'sha1 must be 40 lower-case hex digits' })
  sha1?: string;
  /** For DDI clients only, where the organization has them; nothing here trusts it. */
  @IsOptional()
  @IsString()
  @Matches(/^[0-9a-f]{32}$/, { message: 'md5 must be 32 lower-case hex digits' })
  md5?: string;
  /** Bytes. */
  @IsInt() @Min(1) size!: number;
  /** `firmware/{organization_id}/{version}/{sha256}.bin` in the object store. */
  @IsText(512) key!: string;
  /** A device on an older version may not take this one. */
  @IsOptional() @IsVersion() min_version?: string;
  @IsOptional() @IsText(16_384) release_notes?: string;
  /** Absent where the policy of the organization did not ask for one. */
  @IsOptional() @IsA(() => FirmwareSignature) signature?: FirmwareSignature;
  @IsText(256) uploaded_by!: string;
}

@EventClass<FirmwareSigned>('firmware', 1, {
  summary: 'A firmware has another signature: of another key, or for a longer time.',
  room: 'asked',
  audit: ({ submitted_by }) => ({ actor: submitted_by }),
  text: ({ version, model, signature }) => `${version} for ${model} was signed again, with ${signature.kid}.`,
})
export class FirmwareSigned {
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  @IsA(() => FirmwareSignature) signature!: FirmwareSignature;
  @IsText(256) submitted_by!: string;
}

@EventClass<FirmwareRevoked>('firmware', 1, {
  summary: 'A firmware may no longer be rolled out; devices that run it keep it.',
  room: 'control',
  audit: revokes,
  text: ({ version, model }) => `${version} was revoked for ${model}.`,
})
export class FirmwareRevoked {
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

/** One version of one model, which is to go or has gone. */
abstract class Deletion {
  @IsToken() firmware_id!: string;
  @IsLabel() model!: string;
  @IsVersion() version!: string;
  /** The stream on which the orchestrator says who needs the firmware. */
  @IsToken() deletion_id!: string;
  /** Somebody asked for it, or the organization keeps so many versions and no more. */
  @IsIn(DELETION_CAUSES) cause!: (typeof DELETION_CAUSES)[number];
  @IsOptional() @IsText(1024) reason?: string;
}

@EventClass<FirmwareDeletionProposed>('firmware', 1, {
  summary: 'A firmware is to be deleted, if nobody needs it: FirmwareUseCounted is the answer.',
  room: 'control',
  audit: ({ requested_by, reason }) => ({ actor: requested_by, reason }),
  text: ({ version, model, reason }) => `${version} for ${model} is to be deleted${because(reason)}`,
})
export class FirmwareDeletionProposed extends Deletion {
  @IsText(256) requested_by!: string;
}

@EventClass<FirmwareDeleted>('firmware', 1, {
  summary: 'A firmware is not there any more, and its image leaves the store; the version may be uploaded anew.',
  room: 'control',
  audit: ({ deleted_by, reason }) => ({ actor: deleted_by, reason }),
  text: ({ version, model, reason }) => `${version} for ${model} was deleted${because(reason)}`,
})
export class FirmwareDeleted extends Deletion {
  @IsSha256() sha256!: string;
  /** The image in the object store; it stays there while another firmware has it. */
  @IsText(512) key!: string;
  @IsText(256) deleted_by!: string;
}
