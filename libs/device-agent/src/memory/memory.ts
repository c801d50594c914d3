export { MemoryFiles, type Crash, type DiskCall, type DiskFault, type DiskFaults } from './memory-files.js';
