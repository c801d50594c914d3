import { ORCHESTRATOR_SOURCE, eventsBy } from '@edgeflow/contracts';

/** Who this service is in the events that it writes. */
export const SOURCE = ORCHESTRATOR_SOURCE;

/** Writes events in its name. */
export const write = eventsBy(SOURCE);
