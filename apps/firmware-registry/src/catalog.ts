import { Inject, Injectable } from '@nestjs/common';
import { Refused, deriveId, isToken, laneSubject, toEvent } from '@edgeflow/contracts';
import type { DataOf, FirmwareSignature, Fact, Lane, OtaEvent, UnreadEvent } from '@edgeflow/contracts';
import { EventLog, onFreshLanes } from '@edgeflow/event-log';
import { decide, firmwareIdOf, firmwareIn, imageAddressOf, releaseOf, signatureRefusal } from '@edgeflow/firmware';
import type { FirmwareCommand, FirmwareState, Measured, Signable, Statement } from '@edgeflow/firmware';
import { trustOf } from './trust/trust-lane.js';
import { CLOCK, type Clock } from './clock.js';

/** One firmware's lane as it is now, and the command on it. */
interface Step {
  lane: Lane;
  state: FirmwareState;
  command: FirmwareCommand;
}

/** What a command has led to. */
export interface Decided {
  /** False when everything was so already. */
  changed: boolean;
  /** True when a firmware came into being. */
  created: boolean;
  /** Of the newest event of the lanes concerned. */
  position: number;
}

/** The firmwares of the log: reads their lanes, decides, appends. Only this service writes here. */
@Injectable()
export class Catalog {
  constructor(
    private readonly log: EventLog,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  /** Each stated model with what is released for it. @throws Refused `log-unavailable` */
  async statesOf({ org, version, models }: Pick<Statement, 'org' | 'version' | 'models'>): Promise<FirmwareState[]> {
    return Promise.all(models.map((model) => this.stateOf(firmwareLane(org, firmwareIdOf(org, model, version)))));
  }

  /**
   * Makes a stored image the firmware of all its models, in one atomic batch; models that have it already are left alone.
   * @throws Refused `version-exists`, `firmware-revoked`, `conflict`, `log-full`, `log-unavailable` (it may have been stored)
   */
  async release(statement: Statement, image: Measured): Promise<Decided> {
    const { org, version, models, signature } = statement;
    return this.settle(async () => {
      // The key may have been revoked since the manifest was verified. What is left of that race ends at the offer, which looks again.
      const refusal = signatureRefusal(await trustOf(this.log, org), signature);
      if (refusal) throw refusal;
      return Promise.all(
        models.map(async (model) => {
          const lane = firmwareLane(org, firmwareIdOf(org, model, version));
          const command = { type: 'Release', upload: releaseOf(statement, model, image) } as const;
          return { lane, state: await this.stateOf(lane), command };
        }),
      );
    });
  }

  /**
   * Revokes a firmware and with it all models that were released with the same image as the same version.
   * @throws Refused `firmware-unknown`, `conflict`, `log-full`, `log-unavailable`
   */
  async revoke(org: string, firmware_id: string, by: { revoked_by: string; reason?: string }): Promise<Decided> {
    return this.settle(async () => (await this.siblingsOf(org, firmware_id)).steps({ type: 'Revoke', ...by }));
  }

  /**
   * Signs a firmware again, and with it all models that were released with the same image as the same version.
   * @param verify gives the signature of what the firmware is; it is asked again when somebody else was faster
   * @throws Refused `firmware-unknown`, `firmware-revoked`, `conflict`, `log-full`, `log-unavailable`, or what `verify` refuses
   */
  async sign(
    org: string,
    firmware_id: string,
    submitted_by: string,
    verify: (wanted: Required<Signable>) => Promise<{ signature: FirmwareSignature } | undefined>,
  ): Promise<{ signature: FirmwareSignature; position: number }> {
    let signature: FirmwareSignature | undefined;
    const { position } = await this.settle(async () => {
      const siblings = await this.siblingsOf(org, firmware_id);
      const { version, sha256, size } = siblings.upload;
      signature = (await verify({ org, version, sha256, size, models: siblings.models }))?.signature;
      if (!signature) throw new Refused('signature-required');
      return siblings.steps({ type: 'Sign', signature, submitted_by });
    });
    if (!signature) throw new Refused('signature-required');
    return { signature, position };
  }

  /** True when an event names this image, or may name it since it cannot be read. @throws Refused `log-unavailable` */
  async isReferenced(key: string): Promise<boolean> {
    return (await this.referenced(imageAddressOf(key)?.org ?? '*'))(key);
  }

  /** Tells of keys whether events name them, of an organization or of all. @throws Refused `log-unavailable` */
  async referenced(org = '*'): Promise<(key: string) => boolean> {
    const keys = new Set<string>();
    const unread = new Set<string>();
    for await (const { key } of this.uploadsOf(org, (event) => unread.add(event.org))) keys.add(key);
    // What a newer release has written may name any image of its organization.
    return (key) => keys.has(key) || unread.has(imageAddressOf(key)?.org ?? '');
  }

  private async stateOf(lane: Lane): Promise<FirmwareState> {
    return firmwareIn(await this.log.readLane(lane));
  }

  /** What a firmware is, and the same command for all models that were released with its image as its version. */
  private async siblingsOf(org: string, firmware_id: string) {
    if (!isToken(firmware_id)) throw new Refused('firmware-unknown');
    const own = await this.stateOf(firmwareLane(org, firmware_id));
    if (!('upload' in own)) throw new Refused('firmware-unknown', `There is no firmware ${firmware_id}.`);
    const { upload } = own;
    const all = await this.uploadsOfImage(org, upload);
    const steps = async (command: FirmwareCommand): Promise<Step[]> =>
      Promise.all(
        all.map(async (one) => {
          const lane = firmwareLane(org, one.firmware_id);
          return { lane, state: await this.stateOf(lane), command };
        }),
      );
    // Not the models of one upload: another one may have brought the same image to more.
    return { upload, models: all.map(({ model }) => model), steps };
  }

  private async uploadsOfImage(org: string, { version, sha256 }: { version: string; sha256: string }) {
    const uploads: DataOf<'FirmwareUploaded'>[] = [];
    for await (const upload of this.uploadsOf(org)) {
      if (upload.version === version && upload.sha256 === sha256) uploads.push(upload);
    }
    return uploads;
  }

  private async *uploadsOf(org: string, onUnread: (event: UnreadEvent) => void = () => undefined) {
    for await (const event of this.log.scanLast([`ota.${org}.firmware.*.FirmwareUploaded`], { onUnread })) {
      if (event.type === 'FirmwareUploaded') yield event.data;
    }
  }

  /** Reads, decides and appends; again when somebody else was faster. */
  private settle(read: () => Promise<Step[]>): Promise<Decided> {
    return onFreshLanes(async () => this.append(await read()));
  }

  private async append(steps: readonly Step[]): Promise<Decided> {
    const events = steps.flatMap((step) => this.eventsOf(step));
    if (events.length === 0) {
      return { changed: false, created: false, position: Math.max(...steps.map(({ state }) => state.position)) };
    }
    const after = new Map(steps.map(({ lane, state }) => [laneSubject(lane), state.position]));
    const { last, duplicate } = await this.log.append(events, { after });
    const created = !duplicate && events.some(({ type }) => type === 'FirmwareUploaded');
    return { changed: !duplicate, created, position: last };
  }

  private eventsOf({ lane, state, command }: Step): OtaEvent[] {
    const decided = decide(command, state);
    if (decided instanceof Refused) throw decided;
    return decided.map((fact: Fact) =>
      toEvent(lane, fact, {
        id: deriveId('evt', laneSubject(lane), fact.type, distinction(fact, command, state)),
        source: '/firmware-registry',
        time: this.now().toISOString(),
      }),
    );
  }
}

function firmwareLane(org: string, firmware_id: string): Lane {
  return { org, entity: 'firmware', entity_id: firmware_id };
}

/** Another image, or another signature, is another event, and so is a signature that comes back: nobody must look like one who tries again. */
function distinction(fact: Fact, command: FirmwareCommand, state: FirmwareState): string {
  if (fact.type === 'FirmwareSigned') return `${fact.data.signature.manifest.signature}:${state.position}`;
  if (command.type === 'Release') return command.upload.sha256;
  return 'upload' in state ? state.upload.sha256 : '';
}
