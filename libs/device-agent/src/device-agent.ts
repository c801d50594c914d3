import type { CloudFrame, DeviceFrame, Hello, Welcome } from '@edgeflow/contracts';
import { given, unreachable, messageOf } from '@edgeflow/contracts';
import type { Clock, Entropy } from '@edgeflow/runtime';
import type { Window } from './backoff.js';
import { CloudClock } from './cloud/cloud-clock.js';
import type { DeviceKey } from './cloud/device-key.js';
import { signDeviceToken } from './cloud/device-token.js';
import type { Network } from './cloud/network.js';
import { parseOrigin } from './cloud/origin.js';
import type { DevicePlatform } from './device-platform.js';
import { DownloadUrl } from './download/download-url.js';
import { silentLog, type AgentLog } from './log.js';
import type { Loss } from './tunnel/reconnect.js';
import { Reporter } from './tunnel/reporter.js';
import { Tunnel } from './tunnel/tunnel.js';
import { ConsentAsker, type AskConsent, type Consent } from './update/consent.js';
import { EffectRunner } from './update/effect-runner.js';
import { UpdateFailure } from './update/update-failure.js';
import { UpdateMachine } from './update/update-machine.js';
import { ManifestGate } from './trust/manifest-gate.js';
import { madeWith } from './trust/trust.js';
import { UpdateSteps, type UpdateStepsOptions } from './update/update-steps.js';
import { isOfPlan, planOf, untoldOf, type Plan, type UpdateEvent, type UpdateState } from './update/update.state.js';
import { wholeProgress } from './update/whole-progress.js';

export interface DeviceAgentOptions {
  /** E.g. `https://ota.example.com`; plain http for loopback only, and never for downloads. */
  origin: string;
  device_id: string;
  org: string;
  model: string;
  /** The device's key, or where to find the one that is in force. */
  key: DeviceKey | (() => Promise<DeviceKey>);
  platform: DevicePlatform;
  connections: Network;
  /** The device's own clock. */
  clock: Clock;
  entropy: Entropy;
  /** `in-process`: the agent boots the new version itself; `exit`: `ended` says 'restart' and the program does. */
  reboot?: 'in-process' | 'exit';
  /** Hosts, as in a URL, that a download may be redirected to besides the one that the cloud names; default: none. */
  redirect_hosts?: readonly string[];
  /** Between tries of a download, in seconds; default 1 to 60. */
  download_window?: Window;
  /** Asks somebody at the device before an update begins; default: nobody is asked. */
  consent?: AskConsent;
  /** What to call the software in `hello`. */
  agent?: string;
  log?: AgentLog;
  /** Told what happens; for logs and statistics. */
  onNotice?: (notice: AgentNotice) => void;
}

export type AgentNotice = { type: 'connected' } | { type: 'lost'; loss: Loss } | { type: 'moved'; state: UpdateState };

/** Why an agent came to its end. */
export type AgentEnd = 'stopped' | 'revoked' | 'restart';

/** One device: its tunnel and its updates. The device must be registered (`registerDevice`). */
export class DeviceAgent {
  private readonly ending = Promise.withResolvers<AgentEnd>();
  /** Settles when the agent has ended. */
  readonly ended = this.ending.promise;
  private readonly stopping = new AbortController();
  private readonly log: AgentLog;
  private readonly reporter: Reporter;
  private readonly machine: UpdateMachine;
  private readonly runner: EffectRunner;
  private readonly consent: ConsentAsker | undefined;
  private tunnel: Tunnel | undefined;
  private url: DownloadUrl | undefined;
  private lastHello: Hello | undefined;
  private readonly clock: CloudClock;
  private readonly gate: ManifestGate;
  /** The agent leaves for another boot: no tunnel is opened any more. */
  private rebooting = false;
  /** What the hello on its way says has changed. */
  private unsaid = false;

  /** @throws Refused 'invalid-request' for an origin that is neither https nor on loopback */
  constructor(private readonly options: DeviceAgentOptions) {
    this.log = options.log ?? silentLog;
    parseOrigin(options.origin);
    const { platform, org, model, clock } = options;
    this.reporter = new Reporter((frame) => this.send(frame), clock);
    this.clock = new CloudClock(() => clock.now().getTime());
    this.gate = new ManifestGate({ trust: platform.trust, org, model, clock: this.clock });
    this.runner = this.makeRunner();
    this.consent = options.consent && this.makeAsker(options.consent);
    this.machine = new UpdateMachine({
      platform,
      run: (effect) => this.runner.run(effect),
      onUnsaved: (id, error) => this.unsaved(id, error),
      onState: (state) => this.moved(state),
      log: this.log,
    });
  }

  /** Takes up what a crash cut off, then connects, and stays connected. */
  async start(): Promise<void> {
    await this.rememberFirstVersion();
    await this.machine.start();
    if (!this.stopping.signal.aborted && !this.rebooting) this.openTunnel();
  }

  /** A rollback may lead to what the device came with, too. */
  private async rememberFirstVersion(): Promise<void> {
    const { platform } = this.options;
    const { version } = await platform.running();
    await platform.trust.change((trust) => madeWith(trust, version)).catch((error) => this.untrusted(error));
  }

  /** Stops in the middle of whatever it does; the next start goes on from there. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.runner.callOff();
    await this.machine.idle();
    this.reporter.clear();
    await this.tunnel?.close();
    // What time has passed is booked behind a welcome, for which nobody waits.
    await this.options.platform.trust.settled();
    await this.options.platform.close();
    this.ending.resolve('stopped');
  }

  /** Says hello again, on the tunnel that is up or behind its welcome: whether the version stays (`Running.confirmed`) is known by now. */
  async sayAgain(): Promise<void> {
    this.unsaid = !this.send(await this.hello());
  }

  private makeRunner(): EffectRunner {
    const { platform, connections, clock, entropy, redirect_hosts, download_window: window } = this.options;
    const report: UpdateStepsOptions['report'] = ({ update_id }, phase, percent) =>
      this.reporter.progress(update_id, phase, wholeProgress(phase, percent));
    const steps = new UpdateSteps({
      ...{ platform, connections, clock, gate: this.gate, log: this.log },
      random: () => entropy.random('download-again'),
      now: () => this.clock.now(),
      ...(redirect_hosts && { redirect_hosts }),
      ...(window && { window }),
      urlOf: ({ update_id }) => this.urlOf(update_id),
      report,
    });
    return new EffectRunner({
      steps,
      platform,
      report,
      reporter: this.reporter,
      stopping: this.stopping.signal,
      clock,
      dispatch: (event, from) => void this.machine.dispatch(event, from),
      restart: () => this.restart(),
      reboot: () => this.reboot(),
    });
  }

  private openTunnel(): void {
    const { origin, connections, device_id, org, key, clock, entropy } = this.options;
    this.tunnel = new Tunnel({
      url: parseOrigin(origin).tunnel,
      connections,
      clock,
      random: () => entropy.random('reconnect'),
      log: this.log,
      token: async () => {
        const { private_key } = typeof key === 'function' ? await key() : key;
        return signDeviceToken({ device_id, org, private_key }, { now: this.clock.now(), entropy });
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
    if (this.unsaid) void this.sayAgain();
    this.reporter.connected();
    this.gate.passed().catch((error) => this.untrusted(error));
  }

  private untrusted(error: unknown): void {
    this.log.error({ reason: messageOf(error) }, 'the trust cannot be read or written');
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
        this.offered(planOf(frame));
        return;
      case 'url':
        if (this.url?.update_id === frame.update_id) this.url.set(frame.url, frame.url_expires_at);
        return;
      case 'cancel':
        this.consent?.forget(frame.update_id);
        void this.machine.dispatch({ type: 'Cancelled', update_id: frame.update_id });
        return;
      case 'error':
        this.log.warn({ code: frame.code, detail: frame.detail }, 'the cloud says there is an error');
        return;
      default:
        unreachable(frame);
    }
  }

  /** Whoever is to be asked is asked before anything begins, and once: what is known already goes on. */
  private offered(plan: Plan): void {
    const needsNothing = plan.version === this.lastHello?.version && !plan.force;
    if (!this.consent || needsNothing || isOfPlan(this.machine.now, plan)) this.begin(plan);
    else this.consent.about(plan);
  }

  private begin(plan: Plan): void {
    void this.machine.dispatch({ type: 'Offered', plan, running: this.lastHello?.version ?? '' });
  }

  private makeAsker(ask: AskConsent): ConsentAsker {
    return new ConsentAsker({
      ...{ ask, log: this.log, stopping: this.stopping.signal },
      admit: (plan) => this.gate.admit(plan),
      answered: (plan, consent) => this.answered(plan, consent),
    });
  }

  /** A postponement that does not go out is no loss: the cloud offers the update again, and somebody is asked again. */
  private answered(plan: Plan, consent: Consent): void {
    const { update_id } = plan;
    if (consent.answer === 'now') this.begin(plan);
    else if (consent.answer === 'never')
      void this.machine.dispatch({ type: 'Declined', plan, message: consent.message });
    else this.send({ type: 'postpone', update_id, for_s: consent.for_s, ...given({ reason: consent.reason }) });
  }

  private moved(state: UpdateState): void {
    if (state.status === 'idle' || state.status === 'installed') this.reporter.clear();
    this.options.onNotice?.({ type: 'moved', state });
  }

  private unsaved(update_id: string, error: unknown): void {
    const code = error instanceof UpdateFailure ? error.code : 'download-failed';
    this.reporter.failed(update_id, code, `the journal cannot be written: ${messageOf(error)}`);
  }

  /** In one process the boot is another one as soon as the slot is. */
  private reboot(): UpdateEvent | undefined {
    if (this.options.reboot !== 'exit') return { type: 'Started' };
    this.rebooting = true;
    this.ending.resolve('restart');
    return undefined;
  }

  private async restart(): Promise<void> {
    await this.tunnel?.close();
    if (this.options.reboot === 'exit') return this.ending.resolve('restart');
    await this.machine.dispatch({ type: 'Started' });
    if (!this.stopping.signal.aborted) this.openTunnel();
  }

  private async revoked(): Promise<void> {
    this.log.error({}, 'the device is revoked');
    this.ending.resolve('revoked');
    await this.stop();
  }

  private urlOf(update_id: string): DownloadUrl {
    if (this.url?.update_id !== update_id) {
      const ask = () => void this.send({ type: 'url', update_id });
      const { clock } = this.options;
      this.url = new DownloadUrl(update_id, { ask, now: () => this.clock.now(), clock });
    }
    return this.url;
  }

  private send(frame: DeviceFrame): boolean {
    return this.tunnel?.send(frame) ?? false;
  }
}
