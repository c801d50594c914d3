import { Refused } from '@edgeflow/contracts';
import {
  DeviceAgent,
  DiskDevice,
  enrolled,
  registerDevice,
  silentLog,
  type AgentNotice,
  type Consent,
  type DeviceKey,
  type Network,
  type Programs,
} from '@edgeflow/device-agent';
import { MemoryFiles, type DiskFaults } from '@edgeflow/device-agent/memory';
import type { Entropy } from '@edgeflow/runtime';
import { pick, type NodeClock } from '@edgeflow/simulation';
import type { AtRest } from '../invariants/at-rest.js';
import type { OnDisk } from '../invariants/installed.js';
import { Diary } from './diary.js';
import type { Boot, Hardware } from './powered-device.js';
import type { BreakableNetwork } from './rude-device.js';
import { deedWith, type DeviceTemper } from './temper.js';

export interface AgentDeviceOptions {
  identity: { org: string; device_id: string; model: string; key: DeviceKey };
  fleet: string;
  factory_version: string;
  /** It registers itself with this. */
  claim_token: string;
  temper: DeviceTemper;
  network: Network & BreakableNetwork;
  entropy: Entropy;
  /** What is out of order with its disk. */
  disk?: DiskFaults;
  /** The world's time, in milliseconds. */
  now_ms(): number;
  /** What happens to the agent, for the trace. */
  notice(notice: AgentNotice): void;
  /** The program came to an end that nobody wanted. */
  failed(error: unknown): void;
}

const ORIGIN = 'https://ota.test';
const DIRECTORY = '/device';
/** A program of the device takes so long, in milliseconds. */
const PROGRAM_MS = 1_500;

/** The real agent, on a disk in memory that keeps what POSIX promises and no more. */
export class AgentDevice implements Hardware {
  readonly diary = new Diary();
  private files: MemoryFiles;
  private isSentAway = false;

  constructor(private readonly options: AgentDeviceOptions) {
    this.files = new MemoryFiles(() => options.entropy.random('disk'), options.disk);
  }

  boot(clock: NodeClock): Boot {
    const end = Promise.withResolvers<'restart' | 'over'>();
    this.run(clock, end.resolve).catch((error: unknown) => {
      if (!clock.isAlive) return;
      // Who is not let in, being revoked, or has a disk that is out of order, ends with an error, and whoever looks after programs starts it again.
      if (!(error instanceof Refused) && !isDiskFault(error)) this.options.failed(error);
      end.resolve('restart');
    });
    return { ended: end.promise };
  }

  losePower(): void {
    this.options.network.hang();
    this.files.crash('power');
    this.files = this.files.restart();
  }

  /** Its disk goes down with so many more calls, as the power does in the middle of one. @returns settles when it has */
  goesDownAfter(calls: number): Promise<void> {
    return this.files.crashAfter(calls, 'power');
  }

  loseNetwork(): void {
    this.options.network.break();
  }

  /** What it knows of itself. */
  get knows(): Pick<AtRest, 'version' | 'said_failed' | 'isSentAway'> {
    return { version: this.onDisk().version, said_failed: new Map(), isSentAway: this.isSentAway };
  }

  /** What its disk says that runs. */
  onDisk(): OnDisk {
    const { org, device_id } = this.options.identity;
    const json = (path: string): Record<string, string> =>
      JSON.parse(this.files.peek(path)?.toString() ?? '{}') as Record<string, string>;
    const slot = `${DIRECTORY}/slots/${json(`${DIRECTORY}/current`)['slot'] ?? ''}`;
    const { version = this.options.factory_version } = json(`${slot}/slot.json`);
    const image = this.files.peek(`${slot}/image.bin`);
    return { org, device_id, version, ...(image && { image }) };
  }

  private async run(clock: NodeClock, ended: (why: 'restart' | 'over') => void): Promise<void> {
    const { identity, fleet, claim_token, entropy, network: connections, temper, factory_version } = this.options;
    const { files } = this;
    this.isSentAway = false;
    const platform = await DiskDevice.open({
      ...{ directory: DIRECTORY, factory_version, clock, entropy, files },
      ...{ health_command: 'is-well {version}', programs: this.programs(clock) },
    });
    // Which slot it comes up in is settled now.
    const { version, image } = this.onDisk();
    this.diary.boots(this.options.now_ms(), version, image);
    const { org, device_id, model, key } = identity;
    const signal = new AbortController().signal;
    const { signing } = await registerDevice(
      { device_id, model, fleet, public_key: key.public_key },
      { origin: ORIGIN, connections, clock, entropy, claim_token, log: silentLog, signal },
    );
    if (signing) await platform.trust.change((trust) => enrolled(trust, signing));
    const deeds = [
      ...temper.deeds.flatMap(([deed, weight]) => (weight > 0 ? [deed] : [])),
      ...temper.flaws.map(({ deed }) => deed),
    ];
    const asks = deeds.some((deed) => deed === 'postpones' || deed === 'declines');
    const agent = new DeviceAgent({
      ...{ origin: ORIGIN, device_id, org, model, key, platform, connections, clock, entropy },
      ...{ reboot: 'exit', onNotice: (notice) => clock.isAlive && this.options.notice(notice) },
      ...(asks && { consent: ({ version }) => this.ask(version) }),
    });
    await agent.start();
    const end = await agent.ended;
    this.isSentAway = end === 'revoked';
    ended(end === 'restart' ? 'restart' : 'over');
  }

  /** Now and then the new version is not well. */
  private programs(clock: NodeClock): Programs {
    return {
      run: async ([, version = '']) => {
        await clock.sleep(PROGRAM_MS);
        const ok = this.isWell(version);
        return { ok, code: ok ? 0 : 1, printed: '', message: ok ? '' : 'exit code 1: not well' };
      },
    };
  }

  /** Whatever is wrong with an image, the check finds it: the agent has no other way to be bad. */
  private isWell(version: string): boolean {
    const { temper, entropy } = this.options;
    const deed = deedWith(temper, version, entropy);
    // Who would rather not have it, and let it be installed, has nothing to say against it any more.
    return deed !== 'takes-back' && (deed === 'declines' || !temper.flaws.some((flaw) => flaw.deed === deed));
  }

  private ask(version: string): Promise<Consent> {
    const { entropy, temper } = this.options;
    switch (deedWith(temper, version, entropy)) {
      case 'declines':
        return Promise.resolve({ answer: 'never', message: 'no, thanks' });
      case 'postpones': {
        const for_s = pick(entropy, [5, 10, 20], 'later');
        return Promise.resolve({ answer: 'later', for_s, reason: 'the oven is on' });
      }
      default:
        return Promise.resolve({ answer: 'now' });
    }
  }
}

function isDiskFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ['EIO', 'ENOSPC'].includes(String((error as { code?: unknown }).code)) || isDiskFault(error.cause);
}
