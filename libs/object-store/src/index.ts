export { InsecurePublicEndpoint } from './config.js';
export { ObjectStore, type ObjectHead } from './object-store.js';
export { S3ObjectStore } from './s3-object-store.js';
