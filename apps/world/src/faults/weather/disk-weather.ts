import type { DiskCall, DiskFault, DiskFaults } from '@edgeflow/device-agent/memory';
import { Conditions } from './conditions.js';

/** What is out of order with the disk of a device. */
export interface DiskCondition {
  device: string;
  fault: DiskFault;
}

/** A full disk refuses what needs room; a broken one everything. */
const NEED_ROOM: readonly DiskCall['what'][] = ['open', 'append', 'make-directory'];

/** How the disks of devices are. */
export class DiskWeather {
  readonly conditions = new Conditions<DiskCondition>();

  of(device: string): DiskFaults {
    return { call: async (call) => (this.conditions.isNone ? undefined : this.fault(device, call)) };
  }

  private fault(device: string, { what }: DiskCall): DiskFault | undefined {
    const found = this.conditions.find((one) => one.device === device);
    if (!found || (found.fault === 'ENOSPC' && !NEED_ROOM.includes(what))) return undefined;
    return found.fault;
  }
}
