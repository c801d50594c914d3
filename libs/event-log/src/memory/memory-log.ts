import type { Machine } from '@edgeflow/runtime';
import type { NatsClient } from '../connection/nats-client.js';
import { Connection } from '../connection/connection.js';
import { provisionStreams } from '../connection/ensure-streams.js';
import type { EventLog } from '../event-log.js';
import { JetStreamLog } from '../jetstream-log.js';
import type { EventLogOptions } from '../types.js';
import { memoryManager } from './memory-api.js';
import { MemoryDeliveries } from './memory-deliveries.js';
import type { MemoryLogServer } from './memory-log-server.js';
import { MemoryNats } from './memory-nats.js';
import { readOnce } from './read-once.js';

/** As whom a node uses the log, and by which clock. */
export interface MemoryLogOptions extends Pick<
  EventLogOptions,
  'name' | 'replicas' | 'max_bytes' | 'organizations' | 'budget' | 'ids' | 'look_ms'
> {
  /** The node's own. */
  machine: Machine;
  /** What the server calls the node in its faults. Default: its name. */
  node?: string;
}

/** A client of NATS over a connection to the memory log's server. */
export function memoryClient(nats: MemoryNats): NatsClient {
  const manager = memoryManager(nats);
  return {
    nats,
    manager,
    read: readOnce,
    jetstream: {
      consumers: {
        getConsumerFromInfo: (info) => ({
          consume: async ({ abort_on_missing_resource: isBound = false, ...how }) =>
            new MemoryDeliveries(nats, manager, info, { ...how, isEndless: true, isBound }),
          fetch: async (how) => new MemoryDeliveries(nats, manager, info, { ...how, isEndless: false, isBound: true }),
        }),
      },
    },
  };
}

/** The event log of a node, on a server in this process's memory: everything above the client of NATS is the log's own code. */
export const MemoryLog = {
  /** As `JetStreamLog.connect`. */
  async connect(server: MemoryLogServer, options: MemoryLogOptions): Promise<EventLog> {
    return JetStreamLog.over(await connectionTo(server, options), { ...options, servers: 'memory' });
  },

  /** As `JetStreamLog.provision`. */
  async provision(server: MemoryLogServer, options: MemoryLogOptions): Promise<void> {
    const connection = await connectionTo(server, options);
    await provisionStreams(connection, { ...options, servers: 'memory' }).finally(() => connection.close());
  },
};

async function connectionTo(server: MemoryLogServer, { name, node = name, machine }: MemoryLogOptions) {
  const nats = new MemoryNats(server, node, machine.clock);
  await nats.open();
  return new Connection(memoryClient(nats), name, machine);
}
