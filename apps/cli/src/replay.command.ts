import { areRowsWhole, askForRebuild, openDeadLettersOf, type DeadLetterLine } from '@edgeflow/fold';
import { systemClock } from '@edgeflow/runtime';
import { rowsOf, type Rows, type RowsOptions } from './rows.js';

/** The options of `replay`, as commander hands them over. */
export interface ReplayOptions extends RowsOptions {
  list?: boolean;
}

/** How often it is looked whether the rows are there again, in milliseconds. */
const LOOK_MS = 200;

/**
 * Folds what was set aside again, in its place in the log, e.g. with a build that can read it: the rows of each service that has set
 * something aside are made anew. Ends when they are whole; what cannot be folded now either is set aside again.
 * @param say one line for whoever looks on
 * @returns how many events are set aside and not acknowledged, at the end
 * @throws Error of one line when nobody says where the database is
 */
export async function replay(
  { list = false, ...options }: ReplayOptions,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  const { place, schemas } = await rowsOf(options, env);
  let open = 0;
  for (const schema of schemas) {
    const deadLetters = await openDeadLettersOf(place, schema);
    say(`${schema}: ${deadLetters.length} set aside and not acknowledged`);
    for (const event of deadLetters) say(sentence(event));
    open += list || deadLetters.length === 0 ? deadLetters.length : await replayOf(place, schema, say);
  }
  return open;
}

async function replayOf(place: Rows['place'], schema: string, say: (line: string) => void): Promise<number> {
  await askForRebuild(place, schema);
  say(`${schema}: the rows are made anew from the log`);
  while (!(await areRowsWhole(place, schema))) await systemClock.sleep(LOOK_MS);
  const still = await openDeadLettersOf(place, schema);
  say(`${schema}: done, ${still.length} set aside again`);
  for (const event of still) say(sentence(event));
  return still.length;
}

function sentence({ position, subject, code, reason }: DeadLetterLine): string {
  return `  ${position}  ${subject}  ${code}: ${reason}`;
}
