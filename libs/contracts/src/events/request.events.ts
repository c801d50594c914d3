import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsText, IsToken, IsVersion } from '../fields.js';

/** What to do with an update of a device that is offline. */
export const WHEN_OFFLINE = ['reject', 'queue'] as const;

@EventClass('request', 1, 'A team asks for one device to be updated to a version.')
export class UpdateRequested {
  @IsToken() device_id!: string;
  @IsVersion() version!: string;
  /** Apply the image even when the device already runs the version. */
  @IsOptional() @IsBoolean() force?: boolean;
  /** `reject` (default): refuse while the device is offline; `queue`: wait for it until the deadline. */
  @IsOptional() @IsIn(WHEN_OFFLINE) when_offline?: (typeof WHEN_OFFLINE)[number];
  /** Seconds from the decision to the update's deadline; 30 days at most. */
  @IsOptional() @IsInt() @Min(1) @Max(2_592_000) deadline_s?: number;
  /** Who asked: the subject of the caller's token, or what the team says. */
  @IsOptional() @IsText(256) requested_by?: string;
}
