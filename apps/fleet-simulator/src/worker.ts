import type { Machine } from '@edgeflow/runtime';
import { Fleet, type FleetOptions } from './fleet.js';
import type { Person } from './population.js';
import type { Tally } from './tally.js';

/** What the coordinator tells a worker. */
export type Order = ({ type: 'start' } & FleetOptions) | { type: 'stop' };

/** What a worker tells the coordinator. */
export type Report = { type: 'tally'; tally: Tally } | { type: 'end'; tally: Tally; people: Person[] };

const REPORT_EVERY_MS = 1_000;

/** Runs a part of the fleet in this process, on the orders of its parent; ends with it. */
export function work(machine: Machine): void {
  let fleet: Fleet | undefined;
  // Ctrl-C reaches the whole group; the coordinator says when.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(1));
  process.on('message', (order: Order) => {
    if (order.type === 'stop') void end(fleet);
    else fleet = begin(order, machine);
  });
}

function begin(options: FleetOptions, machine: Machine): Fleet {
  const fleet = new Fleet(options, machine);
  void fleet.start();
  machine.clock.every(REPORT_EVERY_MS, () => tell({ type: 'tally', tally: fleet.tally }), { ref: false });
  return fleet;
}

/** Exits rather than waits: after thousands of devices something is open for a while yet. */
async function end(fleet: Fleet | undefined): Promise<void> {
  if (!fleet) return process.exit(0);
  const tally = structuredClone(fleet.tally);
  const people = await fleet.census();
  await fleet.stop();
  tell({ type: 'end', tally, people }, () => process.exit(0));
}

/** @param onSent called when the coordinator has it, or is gone */
function tell(report: Report, onSent: () => void = () => undefined): void {
  process.send?.(report, onSent);
}
