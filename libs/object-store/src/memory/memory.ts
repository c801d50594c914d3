export type { DownloadAnswer, DownloadRequest } from './download.js';
export type { MemoryObjectStore } from './memory-object-store.js';
export type { MemoryStoreOptions } from './memory-server.js';
export { MemoryStore } from './memory-store.js';
export type { ClientOptions } from './requests.js';
export { noStoreFaults, type StoreFault, type StoreFaults, type StoreRequest } from './store-faults.js';
