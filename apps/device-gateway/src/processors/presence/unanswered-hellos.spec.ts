import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualTime } from '@edgeflow/simulation';
import { UnansweredHellos } from './unanswered-hellos.js';

const device = { org: 'acme', device_id: 'dev_1' };
const other = { org: 'globex', device_id: 'dev_1' };

let time: VirtualTime;
let unanswered: UnansweredHellos;

beforeEach(() => {
  time = new VirtualTime();
  unanswered = new UnansweredHellos(time.clock());
});

const due = () => unanswered.due().map((one) => one.device);

describe('hellos that the log has not answered', () => {
  it('are due when whatever the servers store late is stored', async () => {
    unanswered.note({ ...device });
    await time.pass(29_000);
    unanswered.note(other);
    expect(due()).toEqual([]);
    await time.pass(1_000);
    expect(due()).toEqual([device]);
    await time.pass(29_000);
    expect(due()).toEqual([device, other]);
  });

  it('are forgotten once they were looked at, but for those of devices that were not answered once more meanwhile', async () => {
    unanswered.note(device);
    unanswered.note(other);
    await time.pass(30_000);
    const looked = unanswered.due();
    unanswered.note(other);
    unanswered.looked(looked);
    await time.pass(30_000);
    expect(due()).toEqual([other]);
  });
});
