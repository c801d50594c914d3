import { Refused, isInUse, requestStream, type DataOf } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { FirmwareCommand } from '@edgeflow/firmware';
import type { Clock } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import type { Catalog } from '../catalog.js';
import type { Leftovers } from '../images/leftovers.js';

/** How often the log is asked for the orchestrator's answer, in milliseconds. */
const POLL_MS = 50;

/** How long whoever wants a firmware to go waits for the answer, in milliseconds. */
export interface Patience {
  clock: Clock;
  wait_ms: number;
}

type Use = DataOf<'FirmwareUseCounted'>;
/** Who wants a firmware to go, and why. */
export type Wish = Pick<FirmwareCommand & { type: 'RequestDeletion' }, 'cause' | 'requested_by' | 'reason'>;

/** What became of a wish; `requested`: nobody has said yet whether the firmware is needed. */
export interface Deletion {
  status: 'deleted' | 'requested';
  position: number;
}

/**
 * Deletes firmware that nobody needs. Who needs it the orchestrator knows, which also decides who is told to install it: it answers in the log,
 * and from an answer of nobody on it tells no device any more (ADR 0046).
 */
export class Deletions {
  /** True when somebody has been told that a deletion is only requested. */
  unanswered = false;

  constructor(
    private readonly log: EventLog,
    private readonly catalog: Catalog,
    private readonly leftovers: Leftovers,
    private readonly patience: Patience,
  ) {}

  /**
   * Asks whether a firmware is needed, and deletes it when it is not; its image leaves the store when no other firmware has it.
   * @throws Refused `firmware-unknown`; `firmware-in-use` with `{ running, may_go_back, updates, rollouts }`; `conflict`, `log-full`, `log-unavailable`
   */
  async request(org: string, firmware_id: string, wish: Wish): Promise<Deletion> {
    const { deletion_id, position } = await this.wish(org, firmware_id, wish);
    const use = await this.awaitAnswer(org, deletion_id);
    this.unanswered ||= use === undefined;
    if (!use) return { status: 'requested', position };
    if (isInUse(use)) throw inUse(use);
    return { status: 'deleted', position: await this.finish(org, firmware_id, deletion_id) };
  }

  /**
   * Goes on with a deletion that nobody waits for any more.
   * @returns whether it is still without an answer
   * @throws Refused `conflict`, `log-full`, `log-unavailable`
   */
  async resume(org: string, { firmware_id, deletion_id }: { firmware_id: string; deletion_id: string }) {
    const state = await this.catalog.stateOf(org, firmware_id);
    if (!('upload' in state) || state.deletion?.deletion_id !== deletion_id) return { open: false };
    const use = await this.answerTo(org, deletion_id);
    if (use && !isInUse(use)) await this.finish(org, firmware_id, deletion_id);
    return { open: use === undefined };
  }

  /** The wish that is open, be it somebody else's, or a new one. */
  private async wish(org: string, firmware_id: string, wish: Wish): Promise<{ deletion_id: string; position: number }> {
    const state = await this.catalog.stateOf(org, firmware_id);
    if (!('upload' in state)) throw unknown(firmware_id);
    const instead_of = state.deletion?.deletion_id;
    const before = instead_of === undefined ? undefined : await this.answerTo(org, instead_of);
    const deletion_id = this.log.ids.next('del');
    if (instead_of !== undefined && !(before && isInUse(before))) {
      return { deletion_id: instead_of, position: await this.log.lastPosition({ org, ...ofFirmware(firmware_id) }) };
    }
    const command = { type: 'RequestDeletion', deletion_id, instead_of, ...wish } as const;
    const asked = await this.catalog.step(org, firmware_id, command);
    if (!('upload' in asked.state)) throw unknown(firmware_id);
    return { deletion_id: asked.state.deletion?.deletion_id ?? deletion_id, position: asked.position };
  }

  private async finish(org: string, firmware_id: string, deletion_id: string): Promise<number> {
    const before = await this.catalog.stateOf(org, firmware_id);
    const { changed, position } = await this.catalog.step(org, firmware_id, { type: 'Delete', deletion_id });
    if (!changed || !('upload' in before)) return position;
    logger.info({ org, firmware_id, position, cause: before.deletion?.cause }, 'firmware deleted');
    await this.leftovers.removeSafely(before.upload.key);
    return position;
  }

  private async awaitAnswer(org: string, deletion_id: string): Promise<Use | undefined> {
    const { clock, wait_ms } = this.patience;
    for (const until = clock.steady_ms() + wait_ms; ; await clock.sleep(POLL_MS)) {
      const use = await this.answerTo(org, deletion_id);
      if (use || clock.steady_ms() >= until) return use;
    }
  }

  private async answerTo(org: string, deletion_id: string): Promise<Use | undefined> {
    return (await this.log.lastOfEach(requestStream(org, deletion_id))).last.FirmwareUseCounted?.data;
  }
}

const ofFirmware = (entity_id: string) => ({ entity: 'firmware', entity_id }) as const;

function unknown(firmware_id: string): Refused {
  return new Refused('firmware-unknown', `There is no firmware ${firmware_id}.`);
}

function inUse({ running, may_go_back, updates, rollouts, firmware_id, model, version }: Use): Refused {
  const detail =
    `${version} for ${model} stays: devices that run it ${running}, that may go back to it ${may_go_back}, ` +
    `open updates to it ${updates}, rollouts that want it ${rollouts}.`;
  return new Refused('firmware-in-use', detail, {
    ...{ firmware_id, model, version, running, may_go_back, updates, rollouts },
  });
}
