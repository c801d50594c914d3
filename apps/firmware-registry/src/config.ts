import { Transform } from 'class-transformer';
import { ArrayNotEmpty, IsInt, Matches, Min } from 'class-validator';
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
  @List() @ArrayNotEmpty() @Matches(/^\.[a-z0-9][a-z0-9.]*$/, { each: true }) UPLOAD_EXTENSIONS: string[] = ['.bin'];

  /**
   * Age in seconds at which what a crash left in the object store is removed. It must be more than the slowest upload takes when
   * several registries run; 0 is for one that is alone.
   */
  @Numeric() @IsInt() @Min(0) ORPHAN_AGE_S = 3_600;
}
