import { Transform } from 'class-transformer';
import { ArrayNotEmpty, IsInt, Matches, Max, Min } from 'class-validator';
import { Numeric, StoringServiceConfig } from '@edgeflow/service-host';

/** `.bin, .img` becomes `['.bin', '.img']`. */
const List = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map((entry) => entry.trim().toLowerCase()) : value,
  );

/** The registry's environment (docs/operations.md). */
export class RegistryConfig extends StoringServiceConfig {
  /** The largest image that is taken, in bytes. */
  @Numeric() @IsInt() @Min(1) UPLOAD_MAX_BYTES = 2 * 1024 ** 3;
  /** How the names of image files may end, separated by commas. */
  @List()
  @ArrayNotEmpty()
  @Matches(/^\.[a-z0-9][a-z0-9.]*$/, {
    each: true,
    message: 'must be endings of file names like .bin, separated by commas',
  })
  UPLOAD_EXTENSIONS: string[] = ['.bin'];

  /**
   * Age in seconds at which what a crash left in the object store is removed. It must be more than the slowest upload takes when
   * several registries run; 0 is for one that is alone.
   */
  @Numeric() @IsInt() @Min(0) ORPHAN_AGE_S = 3_600;

  /** How long whoever wants firmware deleted waits to hear whether somebody needs it, in milliseconds. */
  @Numeric() @IsInt() @Min(0) @Max(60_000) DELETION_WAIT_MS = 10_000;
  /** How often it is looked for firmware that an organization does not want to keep, in seconds; each upload looks as well. */
  @Numeric() @IsInt() @Min(1) @Max(86_400) RETENTION_EVERY_S = 3_600;
}
