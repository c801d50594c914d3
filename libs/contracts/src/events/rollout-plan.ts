import { IsBoolean, IsIn, IsInt, IsOptional, Min } from 'class-validator';
import { IsA, IsDeviceId, IsToken, IsVersion } from '../fields.js';

/** How a device of a rollout ends. */
const ENDS = ['succeeded', 'failed', 'cancelled', 'skipped'] as const;

/** A device that a plan speaks of. */
abstract class DeviceOfAPlan {
  @IsDeviceId() device_id!: string;
  /** Why an earlier plan of the rollout left it out; that does not hold any more. */
  @IsOptional() @IsToken() was_excluded?: string;
}

/** The device that had the id before, taken out of service since, as it had ended in the rollout. */
class ReplacedDevice {
  @IsInt() @Min(0) rank!: number;
  @IsInt() @Min(0) wave!: number;
  /** The last number of a try that may be taken: those of the next one are numbered on from there. */
  @IsInt() @Min(0) attempt!: number;
  @IsIn(ENDS) status!: (typeof ENDS)[number];
  /** Why; none of one that had succeeded. */
  @IsOptional() @IsToken() code?: string;
  /** True where it had not kept the version. */
  @IsOptional() @IsBoolean() reverted?: boolean;
}

/** A device that is in a rollout. */
export class PlannedDevice extends DeviceOfAPlan {
  /** Whose place in the rollout it takes; absent: nobody's. */
  @IsOptional() @IsA(() => ReplacedDevice) replaces?: ReplacedDevice;
  /** The version it goes back to; only in a rollback. */
  @IsOptional() @IsVersion() version?: string;
}

/** A device that a rollout leaves out. */
export class ExcludedDevice extends DeviceOfAPlan {
  /** An error code of docs/errors.md. */
  @IsToken() reason!: string;
}
