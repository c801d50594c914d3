export { chain, emptyHead, type ChainedEntry, type Head } from './chain.js';
export { entryOf, type AuditEntry } from './entry.js';
export { LogComparison, TrailCheck, type Finding } from './verify.js';
