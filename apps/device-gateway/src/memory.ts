export { MemoryGateway } from './memory/memory-gateway.js';
export { MemoryNetwork, type MemoryNetworkOptions, type Trip } from './memory/memory-network.js';
