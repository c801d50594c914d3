import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { run } from './run.js';

/** The tables that Docker writes to. */
const TABLES = [
  // What was left here by an engine that was killed keeps every container from an address that it once published.
  { name: 'raw', chains: ['PREROUTING', 'OUTPUT'] },
  { name: 'filter', chains: ['INPUT', 'FORWARD', 'OUTPUT'] },
  { name: 'nat', chains: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'] },
] as const;
const FORWARD = '/proc/sys/net/ipv4/ip_forward';

/** What a Docker engine changes of a machine's network, as it was before: packet filter, forwarding, bridges. */
export class Network {
  private constructor(
    private readonly rules: string,
    private readonly forward: string,
    private readonly links: ReadonlySet<string>,
  ) {}

  static async remember(): Promise<Network> {
    return new Network(await run('iptables-save', []), await readFile(FORWARD, 'utf8'), new Set(await bridges()));
  }

  /** A table's rules as they were; of one that was not there, the built-in chains with none. */
  private had({ name, chains }: (typeof TABLES)[number]): string {
    const [kept] = new RegExp(`^\\*${name}$[^]*?^COMMIT$`, 'm').exec(this.rules) ?? [];
    return `${kept ?? [`*${name}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), 'COMMIT'].join('\n')}\n`;
  }

  async restore(): Promise<void> {
    // Whole tables at a time: chains that were not there before go with their rules.
    await run('iptables-restore', [], { input: TABLES.map((table) => this.had(table)).join('\n') });
    for (const link of await bridges()) if (!this.links.has(link)) await run('ip', ['link', 'delete', link]);
    await writeFile(FORWARD, this.forward);
  }
}

/**
 * The first three numbers of a /24 that no link of this machine has and no rule names: another engine here may serve the default one, or
 * have been killed while it did.
 */
export async function freeNetwork(): Promise<string> {
  const taken = `${await run('ip', ['-4', 'address'])}\n${await run('iptables-save', [])}`;
  const free = Array.from({ length: 256 }, (_, third) => `172.30.${third}`).filter((net) => !taken.includes(`${net}.`));
  const chosen = free[randomInt(free.length || 1)];
  if (!chosen) throw new Error('All of 172.30.0.0/16 is taken on this machine.');
  return chosen;
}

async function bridges(): Promise<string[]> {
  const links = JSON.parse((await run('ip', ['-json', 'link', 'show', 'type', 'bridge'])) || '[]') as {
    ifname?: string;
  }[];
  return links.flatMap(({ ifname }) => (ifname ? [ifname] : []));
}
