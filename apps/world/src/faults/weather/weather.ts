import type { Step } from '@edgeflow/event-log/memory';
import type { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { DiskWeather } from './disk-weather.js';
import { LogWeather } from './log-weather.js';
import { NetworkWeather } from './network-weather.js';
import { RowsWeather } from './rows-weather.js';
import { StoreWeather } from './store-weather.js';

export interface WeatherOptions {
  time: VirtualTime;
  entropy: SeededEntropy;
  /** Of the network's clocks. */
  lane: number;
  /** How long a step of the log takes when nothing is out of order, in milliseconds. */
  log_ms(step: Step): number;
  /** How many messages the log has stored within so many milliseconds. */
  storedWithin(ms: number): number;
}

/** How everything is now that services and devices stand on: servers, ways and disks. Faults change it, and the models ask it. */
export class Weather {
  readonly log: LogWeather;
  readonly rows: RowsWeather;
  readonly store: StoreWeather;
  readonly network: NetworkWeather;
  readonly disks: DiskWeather;

  constructor({ time, entropy, lane, log_ms, storedWithin }: WeatherOptions) {
    const clock = time.clock({ lane });
    this.log = new LogWeather(log_ms, storedWithin, entropy.child('log'));
    this.rows = new RowsWeather(clock, entropy.child('rows'));
    this.store = new StoreWeather(clock, entropy.child('store'));
    this.network = new NetworkWeather(time, entropy.child('network'));
    this.disks = new DiskWeather(time);
  }
}
