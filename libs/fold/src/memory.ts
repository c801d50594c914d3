export { byOtherHand } from './memory/by-other-hand.js';
export { ConnectionLost, type MemoryClock, type MemoryFaults, type MemoryStatement } from './memory/memory-faults.js';
export { MemoryError } from './memory/memory-error.js';
export { MemoryFoldDatabase, type MemoryDatabaseOptions } from './memory/memory-fold-database.js';
export { modelOfQuery, modelOfStatement, type Model, type ModelTables } from './memory/memory-models.js';
export { MemoryServer, type MemoryServerOptions } from './memory/memory-server.js';
