export { Clock, timeoutSignal, type Sleep, type Stop, type Wait } from './clock.js';
export { Entropy, integerBetween } from './entropy.js';
export { Machine, systemMachine } from './machine.js';
export { systemClock } from './system-clock.js';
export { systemEntropy } from './system-entropy.js';
