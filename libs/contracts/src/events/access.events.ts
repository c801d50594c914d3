import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsSha256, IsText, IsTime, IsToken } from '../fields.js';
import { ROLES, type Role } from '../roles.js';

@EventClass('access', 1, 'A program got a key of its own, with these roles.')
export class ApiKeyIssued {
  @IsToken() key_id!: string;
  @IsText(128) name!: string;
  /** Of the key's random part, which nobody but its holder has. */
  @IsSha256() secret_sha256!: string;
  @IsArray() @ArrayMinSize(1) @ArrayUnique() @IsIn(ROLES, { each: true }) roles!: Role[];
  @IsOptional() @IsTime() expires_at?: string;
  @IsText(256) issued_by!: string;
}

@EventClass('access', 1, 'A program’s key is not accepted any more.')
export class ApiKeyRevoked {
  @IsToken() key_id!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

@EventClass('access', 1, 'A program’s key was used; written at most once in some minutes by each service.')
export class ApiKeyUsed {
  @IsToken() key_id!: string;
  @IsToken() service!: string;
}
