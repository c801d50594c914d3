import type { CloudFrame, DeviceFrame, Hello, Welcome } from '@edgeflow/contracts';
import { unreachable } from '@edgeflow/contracts';
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
import { UpdateMachine } from './update/update-machine.js';
import { ManifestGate } from './trust/manifest-gate.js';
import { madeWith } from './trust/trust.js';
import { UpdateWork } from './update/update-work.js';
import { planOf, type UpdateState } from './update/update.state.js';

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
  /** What to call the software in `hello`. */
  agent?: string;
  log?: AgentLog;
  /** Uniform in [0, 1); for jitter. */
  random?: () => number;
  /** Told what happens; for logs and statistics. */
  onNotice?: (notice: AgentNotice) => void;
}

export type AgentNotice = { type: 'connected' } | { type: 'lost'; loss: Loss } | { type: 'moved'; state: UpdateState };

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
  private lastHello: Hello | undefined;
  /** The cloud's clock minus this one, in milliseconds: a device may have no clock of its own. */
  private clockOffset_ms = 0;

  /** @throws Refused 'invalid-request' for an origin that is neither https nor on loopback */
  constructor(private readonly options: DeviceAgentOptions) {
    this.log = options.log ?? silentLog;
    let end: (end: AgentEnd) => void = () => undefined;
    this.ended = new Promise((resolve) => (end = resolve));
    this.end = end;
    parseOrigin(options.origin);
    this.runner = this.makeRunner();
    this.machine = this.makeMachine();
  }

  /** Takes up what a crash cut off, then connects, and stays connected. */
  async start(): Promise<void> {
    await this.rememberFirstVersion();
    await this.machine.start();
    if (!this.stopping.signal.aborted) this.openTunnel();
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
    const { platform, connections, org, model, random = Math.random } = this.options;
    const work = new UpdateWork({
      platform,
      gate: new ManifestGate({ trust: platform.trust, org, model, cloudTime: () => this.now() }),
      connections,
      random,
      log: this.log,
      now: () => this.now(),
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
    });
  }

  private makeMachine(): UpdateMachine {
    const { platform } = this.options;
    return new UpdateMachine({
      load: () => platform.loadJournal(),
      save: (state) => platform.saveJournal(state),
      run: (effect) => this.runner.run(effect),
      onUnsaved: (id, error) => this.reporter.failed(id, 'download-failed', `the journal cannot be written: ${error}`),
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
        return signDeviceToken({ device_id, org, private_key });
      },
      hello: () => this.hello(),
      onWelcome: (welcome) => this.welcomed(welcome),
      onFrame: (frame) => this.take(frame),
      onLost: (loss) => this.options.onNotice?.({ type: 'lost', loss }),
    });
    void this.tunnel.open().then((end) => (end === 'revoked' ? this.revoked() : undefined));
  }

  private async hello(): Promise<Hello> {
    const { platform, model, agent = 'edgeflow-agent' } = this.options;
    this.lastHello = { type: 'hello', ...(await platform.running()), model, agent };
    return this.lastHello;
  }

  private welcomed({ server_time }: Welcome): void {
    this.clockOffset_ms = Date.parse(server_time) - Date.now();
    this.log.info({ version: this.lastHello?.version }, 'the tunnel is up');
    this.options.onNotice?.({ type: 'connected' });
    this.reporter.connected();
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
      this.url = { update_id, url: new DownloadUrl(ask, () => this.now()) };
    }
    return this.url.url;
  }

  private send(frame: DeviceFrame): boolean {
    return this.tunnel?.send(frame) ?? false;
  }

  private now(): number {
    return Date.now() + this.clockOffset_ms;
  }
}
