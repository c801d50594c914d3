import type { AtRest } from '../invariants/at-rest.js';
import type { Diary } from './diary.js';
import type { Hardware } from './powered-device.js';
import { RudeFlash } from './rude-flash.js';
import { RudeProgram, type RudeOptions } from './rude-program.js';
import type { NodeClock } from '@edgeflow/simulation';

/** What of a network breaks. */
export interface BreakableNetwork {
  /** Both ends hear of it. */
  break(): void;
  /** Nobody hears of it. */
  hang(): void;
}

/** A device that keeps to nothing, on any network. */
export class RudeDevice implements Hardware {
  readonly flash: RudeFlash;

  constructor(
    private readonly options: Omit<RudeOptions, 'flash' | 'clock' | 'network'> & {
      factory_version: string;
      network: RudeOptions['network'] & BreakableNetwork;
    },
  ) {
    this.flash = new RudeFlash(options.factory_version);
  }

  /** What it knows of itself. */
  get knows(): Pick<AtRest, 'version' | 'said_failed'> {
    const { said_version: version, said_failed } = this.flash;
    return { version, said_failed };
  }

  get diary(): Diary {
    return this.flash.diary;
  }

  boot(clock: NodeClock): RudeProgram {
    return new RudeProgram({ ...this.options, flash: this.flash, clock });
  }

  losePower(): void {
    this.options.network.hang();
  }

  loseNetwork(): void {
    this.options.network.break();
  }
}
