import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';
import { revokes } from '../audited.js';
import { EventClass } from '../event-class.js';
import { IsSha256, IsText, IsTime, IsToken } from '../fields.js';
import { ROLES, type Role } from '../roles.js';

@EventClass<ApiKeyIssued>('access', 1, {
  summary: 'A program got a key of its own, with these roles.',
  room: 'control',
  audit: ({ issued_by }) => ({ actor: issued_by }),
  text: null,
})
export class ApiKeyIssued {
  @IsToken() key_id!: string;
  @IsText(128) name!: string;
  /** Of the key's random part, which nobody but its holder has. */
  @IsSha256() secret_sha256!: string;
  @IsArray() @ArrayMinSize(1) @ArrayUnique() @IsIn(ROLES, { each: true }) roles!: Role[];
  @IsOptional() @IsTime() expires_at?: string;
  @IsText(256) issued_by!: string;
}

@EventClass<ApiKeyRevoked>('access', 1, {
  summary: 'A program’s key is not accepted any more.',
  room: 'control',
  audit: revokes,
  text: null,
})
export class ApiKeyRevoked {
  @IsToken() key_id!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

@EventClass<ApiKeyUsed>('access', 1, {
  summary: 'A program’s key was used; written at most once in some minutes by each service.',
  room: 'asked',
  // When a key was used last stands in the list of keys; what it was used for has records of its own.
  audit: null,
  text: null,
})
export class ApiKeyUsed {
  @IsToken() key_id!: string;
  @IsToken() service!: string;
}
