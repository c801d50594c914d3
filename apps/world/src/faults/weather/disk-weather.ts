import type { DiskCall, DiskFault, DiskFaults } from '@edgeflow/device-agent/memory';
import { Conditions } from './conditions.js';

/** What is out of order with the disk of a device. */
export interface DiskCondition {
  device: string;
  fault: DiskFault;
  /** What it strikes. Default: everything. Of an image that found no room, somebody there makes some. */
  of?: 'images';
}

/** A condition, and in which milliseconds of the world it was so. */
interface Spell {
  condition: DiskCondition;
  from_ms: number;
  to_ms: number;
}

/** A full disk refuses what needs room; a broken one everything. */
const NEED_ROOM: readonly DiskCall['what'][] = ['open', 'append', 'make-directory'];
/** What is downloaded of an image. */
const IMAGE = /\.part$/;

/** How the disks of devices are, and were. */
export class DiskWeather {
  private readonly conditions = new Conditions<DiskCondition>();
  private readonly spells: Spell[] = [];
  private readonly ends = new Map<DiskCondition, () => void>();

  /** @param time how far it is, in milliseconds since the beginning */
  constructor(private readonly time: { readonly now_ms: number }) {}

  /** @returns what ends it */
  add(condition: DiskCondition): () => void {
    const spell = { condition, from_ms: this.time.now_ms, to_ms: Infinity };
    this.spells.push(spell);
    const remove = this.conditions.add(condition);
    const end = (): void => {
      spell.to_ms = Math.min(spell.to_ms, this.time.now_ms);
      remove();
    };
    this.ends.set(condition, end);
    return end;
  }

  of(device: string): DiskFaults {
    return { call: async (call) => (this.conditions.isNone ? undefined : this.fault(device, call)) };
  }

  /** Whether the disk of a device had no room at any time between two. */
  wasFull(device: string, from_ms: number, to_ms: number): boolean {
    return this.spells.some(
      (spell) =>
        spell.condition.device === device &&
        spell.condition.fault === 'ENOSPC' &&
        spell.from_ms <= to_ms &&
        spell.to_ms >= from_ms,
    );
  }

  private fault(device: string, call: DiskCall): DiskFault | undefined {
    const found = this.conditions.find((one) => one.device === device && isStruck(one, call));
    if (found?.of === 'images') this.ends.get(found)?.();
    return found?.fault;
  }
}

/** A disk on which an image has no place any more may have one for what is small. */
function isStruck({ fault, of }: DiskCondition, { what, path }: DiskCall): boolean {
  return (fault === 'EIO' || NEED_ROOM.includes(what)) && (of === undefined || IMAGE.test(path));
}
