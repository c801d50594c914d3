import { Refused, firmwareStream } from '@edgeflow/contracts';
import type { EventNameOf, FactOf, FirmwareSignature, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { handleAll, load, type EventLog, type Step } from '@edgeflow/event-log';
import { firmwareDecider, firmwareIdOf, imageAddressOf, releaseOf, signatureRefusal } from '@edgeflow/firmware';
import type { FirmwareCommand, FirmwareState, Measured, Signable, Statement } from '@edgeflow/firmware';
import { SOURCE } from './source.js';
import type { Trusted } from './trust/organization-trust.js';

type FirmwareStep = Step<FirmwareState, FirmwareCommand, FactOf<'firmware'>, EventNameOf<'firmware'>>;

/** What a command has led to. */
export interface Decided {
  /** False when everything was so already. */
  changed: boolean;
  /** True when a firmware came into being. */
  created: boolean;
  /** Of the newest event of the streams concerned. */
  position: number;
}

/** What the log says of images. */
export interface References {
  /** A firmware has it, or may have it as far as anybody can read. */
  isReferenced: (key: string) => boolean;
  /** A firmware that was deleted had it: that it is an orphan is no surprise. */
  wasDeleted: (key: string) => boolean;
}

/** The firmwares of the log. Only this service writes here. */
export class Catalog {
  constructor(
    private readonly log: EventLog,
    private readonly trusted: Trusted,
  ) {}

  /** Each stated model with what is released for it. @throws Refused `log-unavailable` */
  async statesOf({ org, version, models }: Pick<Statement, 'org' | 'version' | 'models'>): Promise<FirmwareState[]> {
    return Promise.all(models.map((model) => this.stateOf(org, firmwareIdOf(org, model, version))));
  }

  /**
   * Makes a stored image the firmware of all its models, in one atomic batch; models that have it already are left alone.
   * @throws Refused `version-exists`, `firmware-revoked`, `conflict`, `log-full`, `log-unavailable` (it may have been stored)
   */
  async release(statement: Statement, image: Measured): Promise<Decided> {
    const { org, version, models, signature } = statement;
    return this.settle(async () => {
      // The key may have been revoked since the manifest was verified. What is left of that race ends at the offer, which looks again.
      const refusal = signatureRefusal(await this.trusted.of(org), signature);
      if (refusal) throw refusal;
      return models.map((model) =>
        stepOf(org, firmwareIdOf(org, model, version), { type: 'Release', upload: releaseOf(statement, model, image) }),
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

  /** A wish for a firmware's deletion, or another step on its way, on its stream. @throws Refused as the decider does, `conflict`, `log-full`, `log-unavailable` */
  async step(org: string, firmware_id: string, command: FirmwareCommand): Promise<Decided & { state: FirmwareState }> {
    const step = stepOf(org, firmware_id, command);
    const { facts, states, duplicate, position } = await handleAll(this.log, async () => [step], { by: SOURCE });
    return { changed: facts.length > 0 && !duplicate, created: false, position, state: states[0] };
  }

  /** True when an event names this image, or may name it since it cannot be read. @throws Refused `log-unavailable` */
  async isReferenced(key: string): Promise<boolean> {
    return (await this.references(imageAddressOf(key)?.org ?? '*')).isReferenced(key);
  }

  /** Tells of keys whether firmwares have them, of an organization or of all. @throws Refused `log-unavailable` */
  async references(org = '*'): Promise<References> {
    const unread = new Set<string>();
    const { uploads, gone } = await this.released(org, ({ org: of, type }) => {
      // It names an image that its upload has named.
      if (type !== 'FirmwareRevoked') unread.add(of);
    });
    const keys = new Set(uploads.map(({ data }) => data.key));
    const wasDeleted = (key: string): boolean => gone.has(key);
    // A log that has lost its tail may have lost what names any image, and get it back (ADR 0027).
    if (this.log.halted() !== undefined) return { isReferenced: () => true, wasDeleted };
    // What a newer release has written may name any image of its organization.
    return { isReferenced: (key) => keys.has(key) || unread.has(imageAddressOf(key)?.org ?? ''), wasDeleted };
  }

  /** What is released of an organization and not deleted, in the log's order. @throws Refused `log-unavailable` */
  async uploads(org: string): Promise<StoredEvent<'FirmwareUploaded'>[]> {
    return (await this.released(org)).uploads;
  }

  /** The same, and which of them are revoked, by their firmware_id. @throws Refused `log-unavailable` */
  async uploadsAndRevoked(
    org: string,
  ): Promise<{ uploads: StoredEvent<'FirmwareUploaded'>[]; revoked: ReadonlySet<string> }> {
    const unreadable = new Set<string>();
    const { uploads, revoked } = await this.released(org, ({ type, entity_id }) => {
      // A revocation counts in whatever words.
      if (type === 'FirmwareRevoked') unreadable.add(entity_id);
    });
    return { uploads, revoked: new Set([...revoked, ...unreadable]) };
  }

  /** What a firmware is now. @throws Refused `log-unavailable` */
  async stateOf(org: string, firmware_id: string): Promise<FirmwareState> {
    return (await load(this.log, firmwareDecider, firmwareStream(org, firmware_id))).state;
  }

  /** What a firmware is, and the same command for all models that were released with its image as its version. */
  private async siblingsOf(org: string, firmware_id: string) {
    const own = await this.stateOf(org, firmware_id);
    if (!('upload' in own)) throw new Refused('firmware-unknown', `There is no firmware ${firmware_id}.`);
    const { upload } = own;
    const all = await this.uploadsOfImage(org, upload);
    const steps = (command: FirmwareCommand) => all.map((one) => stepOf(org, one.firmware_id, command));
    // Not the models of one upload: another one may have brought the same image to more.
    return { upload, models: all.map(({ model }) => model), steps };
  }

  private async uploadsOfImage(org: string, { version, sha256 }: { version: string; sha256: string }) {
    const uploads = (await this.uploads(org)).map(({ data }) => data);
    return uploads.filter((upload) => upload.version === version && upload.sha256 === sha256);
  }

  /** The newest upload of each firmware that was not deleted after it, which of those are revoked, and the images of what was deleted. */
  private async released(org: string, onUnread: (event: UnreadEvent) => void = () => undefined) {
    const uploads = new Map<string, StoredEvent<'FirmwareUploaded'>>();
    const gone = new Set<string>();
    const revoked = new Set<string>();
    const filters = ['FirmwareUploaded', 'FirmwareRevoked', 'FirmwareDeleted'].map(
      (type) => `ota.${org}.firmware.*.${type}`,
    );
    for await (const event of this.log.scanLast(filters, { onUnread })) {
      const stream = `${event.org}/${event.entity_id}`;
      if (event.type === 'FirmwareRevoked') revoked.add(event.entity_id);
      else revoked.delete(event.entity_id);
      if (event.type === 'FirmwareUploaded') uploads.set(stream, event);
      else if (event.type === 'FirmwareDeleted') {
        uploads.delete(stream);
        gone.add(event.data.key);
      }
    }
    return { uploads: [...uploads.values()], gone, revoked };
  }

  private async settle(steps: () => Promise<FirmwareStep[]>): Promise<Decided> {
    const { facts, duplicate, position } = await handleAll(this.log, steps, { by: SOURCE });
    const changed = facts.length > 0 && !duplicate;
    return { changed, created: changed && facts.some(({ type }) => type === 'FirmwareUploaded'), position };
  }
}

function stepOf(org: string, firmware_id: string, command: FirmwareCommand): FirmwareStep {
  return { decider: firmwareDecider, streams: [firmwareStream(org, firmware_id)], command };
}
