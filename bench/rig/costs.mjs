/** What an installation uses of the machine beside the rate: CPU by process, messages of NATS, events that stay, WAL of PostgreSQL. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuMs } from './cpu.mjs';
import { claim, now } from './measure.mjs';

/** Processes of one kind count as one: `origin-1` and `origin-2` are `origin`. */
const kindOf = (name) => name.replace(/-\d+$/, '');

const processesIn = (home) => JSON.parse(readFileSync(join(home, 'endpoints.json'), 'utf8')).processes;

async function look({ endpoints, nats, database, stored }) {
  const cpu = endpoints.processes.map(({ name, pid }) => [name, cpuMs(pid)]);
  const { rows } = await database.query(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS bytes`);
  const wal_bytes = Number(rows[0].bytes);
  return { at: now(), cpu, ...(await nats.look()), wal_bytes, last: await stored.last() };
}

export class Meter {
  constructor(installation, begin) {
    this.installation = installation;
    this.begin = begin;
  }

  static async start(installation) {
    return new Meter(installation, await look(installation));
  }

  /** How long it counts, in milliseconds. */
  get ms() {
    return now() - this.begin.at;
  }

  /**
   * @param count of what was done since the start
   * @returns what one of them took: `cpu_ms` by process and in all, `nats_in`, `nats_out`, `events`, `leases`, `schedules`, `wal_bytes`
   * @throws Untrue when a process ended meanwhile: what it had used is not known
   */
  async per(count) {
    const { installation, begin } = this;
    const end = await look(installation);
    this.#assertSameProcesses();
    const cpu_ms = {};
    for (const [index, [name, ms]] of end.cpu.entries()) {
      cpu_ms[kindOf(name)] = (cpu_ms[kindOf(name)] ?? 0) + (ms - begin.cpu[index][1]) / count;
    }
    cpu_ms.all = Object.values(cpu_ms).reduce((sum, ms) => sum + ms, 0);
    const { by_type, ...stored } = await installation.stored.between(begin.last, end.last);
    const each = (difference) => difference / count;
    return {
      cpu_ms,
      nats_in: each(end.in_msgs - begin.in_msgs),
      nats_out: each(end.out_msgs - begin.out_msgs),
      ...Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, each(value)])),
      wal_bytes: each(end.wal_bytes - begin.wal_bytes),
      by_type: Object.fromEntries(Object.entries(by_type).map(([type, value]) => [type, each(value)])),
    };
  }

  #assertSameProcesses() {
    const { endpoints } = this.installation;
    const running = new Map(processesIn(endpoints.home).map(({ name, pid }) => [name, pid]));
    for (const { name, pid } of endpoints.processes) {
      claim(running.get(name) === pid && cpuMs(pid) !== undefined, `${name} was started again during the bench`);
    }
  }
}
