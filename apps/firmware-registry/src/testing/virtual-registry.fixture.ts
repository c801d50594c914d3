import { createHash } from 'node:crypto';
import { requestStream, toEvent, type FirmwareUse, type StoredEvent } from '@edgeflow/contracts';
import { MemoryLog, MemoryLogServer, noFaults, type Refusal } from '@edgeflow/event-log/memory';
import { MemoryStore, noStoreFaults, type StoreFault, type StoreFaults } from '@edgeflow/object-store/memory';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { configureLogger } from '@edgeflow/telemetry';
import { RegistryCore } from '../registry.core.js';
import type { Uploaded } from '../upload/uploads.js';

export const ORG = 'acme';
const BUCKET = 'images';
const CONFIG = {
  ...{
    UPLOAD_MAX_BYTES: 10_000,
    DDI_ORGANIZATIONS: [],
    ORPHAN_AGE_S: 3_600,
    DELETION_WAIT_MS: 10_000,
    RETENTION_EVERY_S: 3_600,
  },
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

configureLogger({ service: 'spec', level: 'silent' });

/** What is uploaded; the rest of it is right. */
export interface Upload {
  version?: string;
  models?: string[];
  bytes?: Buffer;
  sha256?: string;
  manifest?: string;
}

/** What a spec has go wrong, as it goes. */
interface Faults {
  store: StoreFaults;
  refuses: (what: string) => Refusal | undefined;
}

/** Registries without Nest and servers, on a log and a store in memory, under virtual time. */
export async function virtualRegistries(time = new VirtualTime()) {
  const faults: Faults = { store: { ...noStoreFaults }, refuses: () => undefined };
  const clock = time.clock();
  const entropy = new SeededEntropy(1);
  const server = new MemoryLogServer({
    clock,
    faults: { ...noFaults, refuses: ({ what }) => faults.refuses(what) },
  });
  const store = new MemoryStore({
    clock,
    faults: {
      arrives: (request) => faults.store.arrives(request),
      answered: (request) => faults.store.answered(request),
      piece: (request, offset) => faults.store.piece(request, offset),
    },
  });
  const connect = (name: string) => MemoryLog.connect(server, { name, machine: time.machine(entropy.child(name)) });
  const onlooker = await time.until(connect('onlooker'));
  const images = store.client({ by: 'onlooker', bucket: BUCKET, clock });
  await images.ensureBucket();
  return {
    ...{ time, faults, log: onlooker },
    /** A registry of this world. */
    open: async (name = 'registry'): Promise<RegistryCore> => {
      const machine = time.machine(entropy.child(name));
      const client = store.client({ by: name, bucket: BUCKET, clock: machine.clock });
      return new RegistryCore({ config: CONFIG, log: await time.until(connect(name)), store: client, machine });
    },
    /** The organization's events about firmware, of each type the newest of each firmware. */
    events: (): Promise<StoredEvent[]> => time.until(Array.fromAsync(onlooker.scanLast([`ota.${ORG}.firmware.>`]))),
    /** What is in the store, by key. */
    stored: async (): Promise<Record<string, string>> => {
      const listed = await Array.fromAsync(images.list(''));
      const read = async (key: string) => Buffer.concat(await Array.fromAsync(await images.read(key))).toString();
      return Object.fromEntries(await Promise.all(listed.map(async ({ key }) => [key, await read(key)] as const)));
    },
    /** Says in the orchestrator's place who needs what is to be deleted. */
    answer: async ({ data }: StoredEvent<'FirmwareDeletionProposed'>, use: FirmwareUse): Promise<void> => {
      const { deletion_id, firmware_id, model, version } = data;
      const fact = { type: 'FirmwareUseCounted', data: { deletion_id, firmware_id, model, version, ...use } } as const;
      const about = { id: `use-${deletion_id}`, source: '/spec', time: clock.now().toISOString() };
      await time.until(onlooker.append([toEvent(requestStream(ORG, deletion_id), fact, about)], { after: 0 }));
    },
  };
}

export type VirtualRegistries = Awaited<ReturnType<typeof virtualRegistries>>;

/** An upload as a publisher means it, without a form. */
export function upload(
  core: RegistryCore,
  { bytes = Buffer.from('an image'), ...said }: Upload = {},
): Promise<Uploaded> {
  const fields = { version: '1.0.0', models: ['m1'], sha256: sha256(bytes), ...said };
  return core.publications.publish({ org: ORG, subject: 'ada' }, fields, piecesOf(bytes));
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 4) yield bytes.subarray(at, at + 4);
}

/** Lets an organization do without signatures. */
export async function unsigned({ trusted }: RegistryCore, org = ORG): Promise<void> {
  const policy = { signature: 'optional', rollback: 'allowed', changed_by: 'ada' } as const;
  await trusted.change(org, { type: 'ChangePolicy', policy });
}

/** A store in which every request of a kind goes wrong. */
export const always =
  (fault: StoreFault, what?: string): StoreFaults['arrives'] =>
  (request) =>
    Promise.resolve(what === undefined || request.what === what ? fault : undefined);
