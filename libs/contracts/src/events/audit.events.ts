import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsA, IsText, IsToken } from '../fields.js';
import { ACTOR_KINDS, AUDIT_OUTCOMES } from '../vocabulary.js';

/** Who acted. */
class AuditActor {
  @IsIn(ACTOR_KINDS) kind!: (typeof ACTOR_KINDS)[number];
  @IsText(256) subject!: string;
  @IsArray() @ArrayMaxSize(16) @IsString({ each: true }) @MaxLength(64, { each: true }) roles!: string[];
}

/** From where. */
class AuditOrigin {
  @IsText(64) ip!: string;
  @IsOptional() @IsText(256) user_agent?: string;
}

@EventClass<ActionRecorded>('audit', 1, {
  summary: 'Somebody did something, or tried to, at one of the services; the stream is the service’s.',
  room: 'control',
  // It is a line of the trail itself.
  audit: null,
  text: null,
})
export class ActionRecorded {
  @IsToken() service!: string;
  @IsA(() => AuditActor) actor!: AuditActor;
  /** Method and route, e.g. `POST /registry/v1/firmware/:firmware_id/revoke`. */
  @IsText(256) action!: string;
  /** The path as it was asked for, without its query. */
  @IsText(1024) resource!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsIn(AUDIT_OUTCOMES) outcome!: (typeof AUDIT_OUTCOMES)[number];
  /** The HTTP status of the answer. */
  @IsInt() @Min(100) @Max(599) status!: number;
  /** The error code of a refusal. */
  @IsOptional() @IsToken() code?: string;
  @IsA(() => AuditOrigin) from!: AuditOrigin;
  /** The id under which the logs of all services know the request. */
  @IsText(128) request_id!: string;
  /** So many like it were not recorded before this one, since they came too fast. */
  @IsOptional() @IsInt() @Min(1) suppressed?: number;
}

@EventClass<SetAsideAcknowledged>('audit', 1, {
  summary: 'Somebody has looked at an event that was set aside.',
  room: 'control',
  audit: ({ acknowledged_by, reason }) => ({ actor: acknowledged_by, reason }),
  text: null,
})
export class SetAsideAcknowledged {
  /** Stream sequence of the event. */
  @IsInt() @Min(1) @Max(Number.MAX_SAFE_INTEGER) position!: number;
  @IsText(256) acknowledged_by!: string;
  @IsOptional() @IsText(1024) reason?: string;
}
