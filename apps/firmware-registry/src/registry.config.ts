import { Transform } from 'class-transformer';
import { ArrayNotEmpty, IsInt, Matches, Max, Min } from 'class-validator';
import { Numeric, StoringServiceConfig } from '@edgeflow/service-host';

const asSpelt = (text: string): string => text;

/** `.bin, .img` becomes `['.bin', '.img']`. @param spelt turns the text into how its entries are spelt here */
const List = (spelt = asSpelt): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string'
      ? spelt(value)
          .split(',')
          .map((entry) => entry.trim())
      : value,
  );

/** The registry's environment (docs/operations.md). */
export class RegistryConfig extends StoringServiceConfig {
  /** The largest image that is taken, in bytes. */
  @Numeric() @IsInt() @Min(1) UPLOAD_MAX_BYTES = 2 * 1024 ** 3;
  /** How the names of image files may end, separated by commas. */
  @List((text) => text.toLowerCase())
  @ArrayNotEmpty()
  @Matches(/^\.[a-z0-9][a-z0-9.]*$/, {
    each: true,
    message: 'must be endings of file names like .bin, separated by commas',
  })
  UPLOAD_EXTENSIONS: string[] = ['.bin'];

  /** Organizations with devices that speak hawkBit's DDI, separated by commas: their images are hashed with SHA-1 and MD5 too. */
  @List()
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { each: true, message: 'must be names of organizations, separated by commas' })
  DDI_ORGANIZATIONS: string[] = [];

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
