/**
 * Loaded before everything else (`node --import`), makes the program a build that knows some event types less than the log: those named in
 * OLDER_CATALOGUE_WITHOUT, separated by commas.
 */
import { eventClasses } from '@edgeflow/contracts';

const without = (process.env.OLDER_CATALOGUE_WITHOUT ?? '').split(',');
for (const name of without) Reflect.deleteProperty(eventClasses, name);
