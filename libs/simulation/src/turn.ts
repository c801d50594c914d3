/** So many turns share one round of Node's loop: a round asks the system whether anything has arrived, which costs more than most steps. */
const TURNS_IN_A_ROUND = 64;

const waiting: (() => void)[] = [];
let ahead = 0;
let isSettingOwn = false;

/**
 * Resolves when everything that is ready has had its turn: ticks, microtasks, and what they make ready, since Node settles all of them between
 * one immediate and the next. The one real wait of a simulation. An immediate of somebody else may come many turns later.
 */
export function turn(): Promise<void> {
  if (ahead === 0) lookAhead();
  return new Promise((resolve) => waiting.push(resolve));
}

/** Whether an immediate that is set just now is one of these. */
export function isOwnImmediate(): boolean {
  return isSettingOwn;
}

function lookAhead(): void {
  isSettingOwn = true;
  for (; ahead < TURNS_IN_A_ROUND; ahead += 1) setImmediate(next);
  isSettingOwn = false;
}

function next(): void {
  ahead -= 1;
  waiting.shift()?.();
  if (ahead === 0 && waiting.length > 0) lookAhead();
}
