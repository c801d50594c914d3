export { RegistryConfig } from './registry.config.js';
export { RegistryCore, type RegistryBase, type RegistryCoreConfig } from './registry.core.js';
export type { Publisher } from './upload/publications.js';
export type { Uploaded } from './upload/uploads.js';
