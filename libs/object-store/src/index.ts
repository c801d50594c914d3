export { InsecurePublicEndpoint, type ObjectStoreConfig } from './config.js';
export { StoreRefused } from './failures.js';
export { ObjectStore, type ObjectHead } from './object-store.js';
export type { ListedObject, OpenUpload } from './listing.js';
export type { PutOptions } from './upload.js';
