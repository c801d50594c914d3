import { Diary } from './diary.js';
import type { Deed } from './temper.js';

/** What a rude device keeps through a power cut. */
export class RudeFlash {
  /** What it runs, and what it would fall back to. */
  version: string;
  before: string;
  boots = 0;
  readonly diary = new Diary();
  confirmed: boolean | undefined;
  /** What it has made up its mind to do, by update. */
  readonly deeds = new Map<string, Deed>();
  /** How often somebody has put an update off. */
  readonly postponed = new Map<string, number>();
  /** What it will say of an update at its next hello. */
  failed: { update_id: string; code: string; message: string } | undefined;
  /** What it has said last that it runs. */
  said_version: string | undefined;
  /** How often it has said of an update that it failed. */
  readonly said_failed = new Map<string, number>();
  /** It falls back at this time of the world, in milliseconds. */
  reverts_at_ms: number | undefined;
  /** The update that it takes back, or confirms. */
  trying: { update_id: string; keeps: boolean } | undefined;

  constructor(factory_version: string) {
    this.version = factory_version;
    this.before = factory_version;
  }

  /** Another version runs from the next boot on. */
  switchTo(version: string): void {
    this.before = this.version;
    this.version = version;
    this.confirmed = undefined;
  }

  /** The version before runs from the next boot on. */
  fallBack(): void {
    this.version = this.before;
    this.confirmed = undefined;
    this.trying = undefined;
    this.reverts_at_ms = undefined;
  }
}
