export { MemoryLog, memoryClient, type MemoryLogOptions } from './memory/memory-log.js';
export { MemoryLogServer, type Way } from './memory/memory-log-server.js';
export { MemoryNats } from './memory/memory-nats.js';
export { writeRaw, type RawMessage } from './memory/write-raw.js';
export { MemoryTeam, type TeamMessage } from './memory/memory-team.js';
export {
  noFaults,
  type About,
  type Fault,
  type MemoryLogFaults,
  type Refusal,
  type Step,
} from './memory/memory-log-faults.js';
