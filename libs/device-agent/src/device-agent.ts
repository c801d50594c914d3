import type { CloudFrame, DeviceFrame, Hello, Welcome } from '@edgeflow/contracts';
import { unreachable } from '@edgeflow/contracts';
import type { Window } from './backoff.js';
import { CloudClock } from './cloud/cloud-clock.js';
import type { Connections } from './cloud/connections.js';
import type { DeviceKey } from './cloud/device-key.js';
import { signDeviceToken } from './cloud/device-token.js';
import { parseOrigin } from './cloud/origin.js';
import type { DevicePlatform } from './device-platform.js';
import { DownloadUrl } from './download/download-url.js';
import { reasonOf, silentLog, type AgentLog } from './log.js';
import type { Loss } from './tunnel/reconnect.js';
import { Reporter } from './tunnel/reporter.js';
import { Tunnel } from './tunnel/tunnel.js';
import { EffectRunner } from './update/effect-runner.js';
import { UpdateFailure } from './update/update-failure.js';
import { UpdateMachine } from './update/update-machine.js';
import { ManifestGate } from './trust/manifest-gate.js';
import { madeWith } from './trust/trust.js';
import { UpdateWork } from './update/update-work.js';
import { planOf, untoldOf, type UntoldFailure, type UpdateState } from './update/update.state.js';

export interface DeviceAgentOptions {
  /** E.g. `https://ota.example.com`; plain http for loopback only, and never for downloads. */
  origin: string;
  device_id: string;
  org: string;
  model: string;
  /** The device's key, or where to find the one that is in force. */
  key: DeviceKey | (() => Promise<DeviceKey>);
  platform: DevicePlatform;
  connections: Connections;
  /** `in-process`: the agent boots the new version itself; `exit`: `ended` says 'restart' and the program does. */
  reboot?: 'in-process' | 'exit';
  /** Hosts, as in a URL, that a download may be redirected to besides the one that the cloud names; default: none. */
  redirect_hosts?: readonly string[];
  /** Between tries of a download, in seconds; default 1 to 60. */
  download_window?: Window;
  /** The device's own clock, milliseconds since 1970; default: the system's. */
  now?: () => number;
  /** What to call the software in `hello`. */
  agent?: string;
  log?: AgentLog;
  /** Uniform in [0, 1); for jitter. */
  random?: () => number;
  /** Told what happens; for logs and statistics. */
  onNotice?: (notice: AgentNotice) => void;
}

export type AgentNotice = { type: 'connected' } | { type: 'lost'; loss: Loss } | { type: 'moved'; state: UpdateState };

/** What a device says first; `failed` of its newest update, until the cloud has heard it. */
type HelloWithFailure = Hello & { failed?: UntoldFailure };

/** Why an agent came to its end. */
export type AgentEnd = 'stopped' | 'revoked' | 'restart';

/** One device: its tunnel and its updates. The device must be registered (`registerDevice`). */
export class DeviceAgent {
  /** Settles when the agent has ended. */
  readonly ended: Promise<AgentEnd>;
  private readonly end: (end: AgentEnd) => void;
  private readonly stopping = new AbortController();
  private readonly log: AgentLog;
  private readonly reporter = new Reporter((frame) => this.send(frame));
  private readonly machine: UpdateMachine;
  private readonly runner: EffectRunner;
  private tunnel: Tunnel | undefined;
  private url: { update_id: string; url: DownloadUrl } | undefined;
  private lastHello: HelloWithFailure | undefined;
  private readonly clock: CloudClock;
  private readonly gate: ManifestGate;
  /** The agent leaves for another boot: no tunnel is opened any more. */
  private rebooting = false;

  /** @throws Refused 'invalid-request' for an origin that is neither https nor on loopback */
  constructor(private readonly options: DeviceAgentOptions) {
    this.log = options.log ?? silentLog;
    let end: (end: AgentEnd) => void = () => undefined;
    this.ended = new Promise((resolve) => (end = resolve));
    this.end = end;
    parseOrigin(options.origin);
    const { platform, org, model } = options;
    this.clock = new CloudClock(options.now);
    this.gate = new ManifestGate({ trust: platform.trust, org, model, clock: this.clock });
    this.runner = this.makeRunner();
    this.machine = this.makeMachine();
  }

  /** Takes up what a crash cut off, then connects, and stays connected. */
  async start(): Promise<void> {
    await this.rememberFirstVersion();
    await this.machine.start();
    if (!this.stopping.signal.aborted && !this.rebooting) this.openTunnel();
  }

  /** The way back leads to what the device came with, too. */
  private async rememberFirstVersion(): Promise<void> {
    const { platform } = this.options;
    const { version } = await platform.running();
    await platform.trust
      .change((trust) => madeWith(trust, version))
      .catch((error: unknown) => this.log.error({ reason: reasonOf(error) }, 'the trust cannot be read or written'));
  }

  /** Stops in the middle of whatever it does; the next start goes on from there. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.runner.callOff();
    await this.machine.idle();
    this.reporter.clear();
    await this.tunnel?.close();
    await this.options.platform.close();
    this.end('stopped');
  }

  private makeRunner(): EffectRunner {
    const { platform, connections, random = Math.random, redirect_hosts, download_window: window } = this.options;
    const work = new UpdateWork({
      platform,
      gate: this.gate,
      connections,
      random,
      log: this.log,
      now: () => this.clock.now(),
      ...(redirect_hosts && { redirect_hosts }),
      ...(window && { window }),
      urlOf: ({ update_id }) => this.urlOf(update_id),
      report: ({ update_id }, phase, progress) => this.reporter.progress(update_id, phase, progress),
    });
    return new EffectRunner({
      work,
      platform,
      reporter: this.reporter,
      stopping: this.stopping.signal,
      dispatch: (event, from) => void this.machine.dispatch(event, from),
      restart: () => this.restart(),
      reboot: () => this.reboot(),
    });
  }

  private makeMachine(): UpdateMachine {
    const { platform } = this.options;
    return new UpdateMachine({
      load: () => platform.loadJournal(),
      save: (state) => platform.saveJournal(state),
      run: (effect) => this.runner.run(effect),
      onUnsaved: (id, error) => this.unsaved(id, error),
      onState: (state) => this.moved(state),
      log: this.log,
    });
  }

  private openTunnel(): void {
    const { origin, connections, device_id, org, key, random = Math.random } = this.options;
    this.tunnel = new Tunnel({
      url: parseOrigin(origin).tunnel,
      connections,
      random,
      log: this.log,
      token: async () => {
        const { private_key } = typeof key === 'function' ? await key() : key;
        return signDeviceToken({ device_id, org, private_key }, this.clock.now());
      },
      hello: () => this.hello(),
      onWelcome: (welcome) => this.welcomed(welcome),
      onFrame: (frame) => this.take(frame),
      onLost: (loss) => this.lost(loss),
    });
    void this.tunnel.open().then((end) => (end === 'revoked' ? this.revoked() : undefined));
  }

  private async hello(): Promise<Hello> {
    const { platform, model, agent = 'edgeflow-agent' } = this.options;
    const failed = untoldOf(this.machine.now);
    this.lastHello = { type: 'hello', ...(await platform.running()), model, agent, ...(failed && { failed }) };
    return this.lastHello;
  }

  private welcomed({ server_time }: Welcome): void {
    this.clock.learn(Date.parse(server_time));
    this.log.info({ version: this.lastHello?.version }, 'the tunnel is up');
    this.options.onNotice?.({ type: 'connected' });
    const { failed } = this.lastHello ?? {};
    if (failed) void this.machine.dispatch({ type: 'Told', update_id: failed.update_id });
    this.reporter.connected();
    this.gate
      .passed()
      .catch((error: unknown) => this.log.error({ reason: reasonOf(error) }, 'the trust cannot be read or written'));
  }

  /** A refused token is signed anew by the clock of who refused it. */
  private lost(loss: Loss): void {
    const { server_time } = loss;
    const own = new Date(this.clock.own()).toISOString();
    if (server_time !== undefined && this.clock.learn(server_time))
      this.log.warn({ server_time: new Date(server_time).toISOString(), own }, "the cloud's clock is another one");
    this.options.onNotice?.({ type: 'lost', loss });
  }

  private take(frame: Exclude<CloudFrame, Welcome>): void {
    switch (frame.type) {
      case 'update':
        this.urlOf(frame.update_id).set(frame.url, frame.url_expires_at);
        void this.machine.dispatch({ type: 'Offered', plan: planOf(frame), running: this.lastHello?.version ?? '' });
        return;
      case 'url':
        if (this.url?.update_id === frame.update_id) this.url.url.set(frame.url, frame.url_expires_at);
        return;
      case 'cancel':
        void this.machine.dispatch({ type: 'Cancelled', update_id: frame.update_id });
        return;
      case 'error':
        this.log.warn({ code: frame.code, detail: frame.detail }, 'the cloud says there is an error');
        return;
      default:
        unreachable(frame);
    }
  }

  private moved(state: UpdateState): void {
    if (state.status === 'idle' || state.status === 'installed') this.reporter.clear();
    this.options.onNotice?.({ type: 'moved', state });
  }

  private unsaved(update_id: string, error: unknown): void {
    const code = error instanceof UpdateFailure ? error.code : 'download-failed';
    this.reporter.failed(update_id, code, `the journal cannot be written: ${reasonOf(error)}`);
  }

  /** In one process the boot is another one as soon as the slot is. */
  private reboot(): void {
    if (this.options.reboot !== 'exit') return;
    this.rebooting = true;
    this.end('restart');
  }

  private async restart(): Promise<void> {
    await this.tunnel?.close();
    if (this.options.reboot === 'exit') return this.end('restart');
    await this.machine.dispatch({ type: 'Started' });
    if (!this.stopping.signal.aborted) this.openTunnel();
  }

  private async revoked(): Promise<void> {
    this.log.error({}, 'the device is revoked');
    this.end('revoked');
    await this.stop();
  }

  private urlOf(update_id: string): DownloadUrl {
    if (this.url?.update_id !== update_id) {
      const ask = () => this.send({ type: 'url', update_id });
      this.url = { update_id, url: new DownloadUrl(ask, () => this.clock.now()) };
    }
    return this.url.url;
  }

  private send(frame: DeviceFrame): boolean {
    return this.tunnel?.send(frame) ?? false;
  }
}
