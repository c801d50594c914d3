import type { CloudFrame, UpdateOffer } from '@edgeflow/contracts';
import type { Network } from '@edgeflow/device-agent';
import { integerBetween, type Entropy } from '@edgeflow/runtime';
import { pick, type NodeClock } from '@edgeflow/simulation';
import type { Boot } from './powered-device.js';
import type { RudeFlash } from './rude-flash.js';
import { RudeTunnel, type RudeIdentity } from './rude-tunnel.js';
import { failedFrame, noise, oddly, otherVersion, progressFrame } from './rude-words.js';
import { deedWith, type Deed, type DeviceTemper } from './temper.js';

export interface RudeOptions {
  identity: RudeIdentity;
  temper: DeviceTemper;
  flash: RudeFlash;
  network: Network;
  clock: NodeClock;
  entropy: Entropy;
  /** The world's time, in milliseconds: what a device does later it does whatever its clock says. */
  now_ms(): number;
}

/** How far an update comes, step by step. */
const STEPS: readonly (readonly [phase: string, progress: number])[] = [
  ...([
    ['downloading', 0],
    ['downloading', 55],
    ['downloading', 100],
  ] as const),
  ...([
    ['verifying', 100],
    ['installing', 40],
    ['rebooting', 100],
  ] as const),
];
/** Steps behind this one are done whatever the cloud says. */
const INSTALLING = 4;
/** Who falls back later does so in this time, behind its restart: as long as soaks are. */
const REVERTS_MS = [4_000, 18_000] as const;
/** A flood is so many frames, and comes again. */
const FLOOD = 60;
const FLOOD_EVERY_MS = 40_000;

/** One boot of a device that speaks frames itself. What it does with an update it has made up its mind about at the first offer. */
export class RudeProgram implements Boot {
  private readonly end = Promise.withResolvers<'restart' | 'over'>();
  readonly ended = this.end.promise;
  private readonly tunnel: RudeTunnel;
  /** What it came up on: what it switches to runs from the next boot on. */
  private readonly runs: string;
  private doing: { offer: UpdateOffer; step: number } | undefined;

  constructor(private readonly options: RudeOptions) {
    const { identity, network, clock, entropy, flash, temper } = options;
    flash.boots += 1;
    this.runs = flash.version;
    flash.diary.boots(options.now_ms(), this.runs);
    const hello = (): object => this.hello();
    this.tunnel = new RudeTunnel({ identity, network, clock, entropy, hello, heard: (frame) => this.hear(frame) });
    this.tunnel.open();
    if (flash.trying) clock.after(temper.pace_ms * 5, () => this.settle());
    if (flash.reverts_at_ms !== undefined) this.revertLater(flash.reverts_at_ms);
    if (temper.floods) clock.every(FLOOD_EVERY_MS, () => this.flood());
  }

  private hello(): object {
    const { flash, temper, identity } = this.options;
    const { boots, confirmed, failed } = flash;
    const version = this.runs;
    const { device_id, model } = identity;
    flash.said_version = temper.odd_version && boots % 2 === 0 ? oddly(version) : version;
    return {
      ...{ type: 'hello', model, boot_id: `${device_id}-boot-${boots}`, agent: 'rude' },
      version: flash.said_version,
      ...(confirmed !== undefined && { confirmed }),
      ...(failed && { failed }),
    };
  }

  private hear(frame: CloudFrame): void {
    if (frame.type === 'welcome') this.options.flash.failed = undefined;
    if (frame.type === 'update') this.offered(frame);
    if (frame.type === 'cancel' && this.doing?.offer.update_id === frame.update_id && this.doing.step < INSTALLING)
      this.doing = undefined;
  }

  private offered(offer: UpdateOffer): void {
    const { flash, temper, entropy } = this.options;
    if (this.doing?.offer.update_id === offer.update_id) return;
    const { update_id } = offer;
    const deed = flash.deeds.get(update_id) ?? deedWith(temper, offer.version, entropy);
    flash.deeds.set(update_id, deed);
    if (deed === 'ignores') return;
    if (deed === 'declines')
      return void this.tunnel.say({ type: 'failed', update_id, code: 'declined', message: 'no, thanks' });
    if (deed === 'postpones' && this.postpones(update_id)) return;
    this.doing = { offer, step: 0 };
    this.goOn(deed);
  }

  private postpones(update_id: string): boolean {
    const { flash, entropy } = this.options;
    const times = flash.postponed.get(update_id) ?? 0;
    flash.postponed.set(update_id, times + 1);
    const for_s = pick(entropy, [1, 5, 20, 100_000_000, 2.5], 'postpone');
    if (times < 2) this.tunnel.say({ type: 'postpone', update_id, for_s, reason: 'the oven is on' });
    return times < 2;
  }

  /** The next step, in a while. */
  private goOn(deed: Deed): void {
    const { clock, temper, entropy } = this.options;
    const { doing } = this;
    clock.after(temper.pace_ms * (0.5 + entropy.random('pace')), () => {
      if (!doing || this.doing !== doing) return;
      const [phase, progress] = STEPS[doing.step] ?? ['rebooting', 100];
      const isFailing = deed === 'fails' && doing.step >= 2;
      if (isFailing) this.saysFailed(doing.offer.update_id);
      else if (deed !== 'loops-silently')
        this.tunnel.say(progressFrame(doing.offer.update_id, phase, progress, entropy));
      doing.step += 1;
      if (isFailing) this.doing = undefined;
      else if (doing.step < STEPS.length) this.goOn(deed);
      else clock.after(200, () => this.reboot(deed, doing.offer));
    });
  }

  private saysFailed(update_id: string): void {
    const { flash, entropy } = this.options;
    const times = flash.said_failed.get(update_id) ?? 0;
    if (this.tunnel.say(failedFrame(update_id, entropy))) flash.said_failed.set(update_id, times + 1);
  }

  /** What runs afterwards. */
  private reboot(deed: Deed, { version, update_id }: UpdateOffer): void {
    const { flash, entropy, now_ms } = this.options;
    if (deed === 'elsewhere') flash.switchTo(otherVersion(entropy));
    else if (deed !== 'loops' && deed !== 'loops-silently') flash.switchTo(version);
    if (deed === 'tries' || deed === 'takes-back') {
      flash.confirmed = false;
      flash.trying = { update_id, keeps: deed === 'tries' };
    }
    if (deed === 'reverts') flash.reverts_at_ms = now_ms() + integerBetween(entropy, ...REVERTS_MS, 'reverts-at');
    this.restart();
  }

  /** It confirms what runs, or takes it back: with a word of why, or without. */
  private settle(): void {
    const { flash, entropy } = this.options;
    const { trying } = flash;
    if (!trying) return;
    flash.trying = undefined;
    if (trying.keeps) {
      flash.confirmed = true;
      return void this.tunnel.say(this.hello());
    }
    flash.fallBack();
    if (entropy.random('says-why') < 0.5)
      flash.failed = { update_id: trying.update_id, code: 'health-check-failed', message: 'it was not well' };
    this.restart();
  }

  private revertLater(at_ms: number): void {
    const { clock, flash, now_ms } = this.options;
    clock.after(Math.max(0, at_ms - now_ms()), () => {
      flash.fallBack();
      this.restart();
    });
  }

  /** Of this boot nobody hears any more, also over a tunnel that was not open yet. */
  private restart(): void {
    this.tunnel.leave();
    this.end.resolve('restart');
  }

  private flood(): void {
    const { entropy } = this.options;
    const about = this.doing?.offer.update_id ?? 'upd_none';
    for (let frame = 0; frame < FLOOD; frame += 1) this.tunnel.sayText(noise(about, entropy));
  }
}
