import { MaintenanceWindow, Refused, assertKnownMembers, assertShape } from '@edgeflow/contracts';
import { windowProblem } from '@edgeflow/rollout';

/** A maintenance window as somebody asked for it. @throws Refused `invalid-request` with the first thing that is wrong, in words */
export function checkedWindow(window: unknown): MaintenanceWindow {
  assertShape(MaintenanceWindow, window, 'invalid-request');
  assertKnownMembers(MaintenanceWindow, window);
  const problem = windowProblem(window);
  if (problem) throw new Refused('invalid-request', problem);
  return window;
}
