/** The same frames to as many clients, each stored as one guarded event first, and nothing decided. */
import { cpuMs } from './rig/cpu.mjs';
import { claim, now, perSecond, quantile } from './rig/measure.mjs';

/** About what UpdateDispatched says. */
const EVENT = {
  device_id: 'device',
  update_id: 'upd_0123456789abcdef',
  version: '2.0.0',
  number: 1,
  sha256: 'a'.repeat(64),
};

const keyIn = (url, bucket) => decodeURIComponent(new URL(url).pathname).replace(`/${bucket}/`, '');

/**
 * @param fleet whose sockets are closed @param frame that one of them was sent
 * @returns devices a second, and milliseconds of CPU of both processes and NATS for each
 */
export async function bareDispatch({ endpoints, access, program }, fleet, frame) {
  const [publisher, gateway] = [await program('bare-dispatch.mjs'), await program('bare-dispatch.mjs')];
  await Promise.all([publisher, gateway].map((one) => one.ask('open', access)));
  await publisher.ask('makeStream');
  const { s3 } = endpoints;
  const port = await gateway.ask('serve', { s3, key: keyIn(frame.url, s3.bucket), frame });
  await fleet.connect({ url: `ws://127.0.0.1:${port}`, bare: true });
  const nats = endpoints.processes.find(({ name }) => name === 'nats-server');
  const cpu = () => publisher.cpu_ms + gateway.cpu_ms + cpuMs(nats.pid);
  const round = async (name) => {
    const frames = await fleet.expect();
    const [before, begin] = [cpu(), now()];
    await publisher.ask('dispatch', { round: name, devices: fleet.ids, event: JSON.stringify(EVENT) });
    const { times, frames: told } = await frames();
    claim(
      Object.values(told).every(({ url }) => url.includes('X-Amz-Signature=')),
      'a bare frame has no presigned URL',
    );
    const last = quantile(Object.values(times), 1);
    return { per_second: perSecond(fleet.ids.length, last - begin), cpu_ms: (cpu() - before) / fleet.ids.length };
  };
  await round('warm-up');
  const measured = await round('count');
  await publisher.ask('deleteStream');
  publisher.stop();
  gateway.stop();
  return measured;
}
