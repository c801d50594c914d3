import type { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import type { Population } from '../world/population.js';
import type { Node } from '../world/node.js';
import type { Servers } from '../world/servers.js';
import type { Fault, Parameters } from './scripted-fault.js';

/** Whom a fault of a history may strike. */
export interface Targets {
  /** The names of processes: `orchestrator-1`. */
  nodes: readonly string[];
  devices: readonly { org: string; device_id: string; kind: 'agent' | 'rude' }[];
  orgs: readonly string[];
}

/** Where faults strike. */
export interface Place {
  time: VirtualTime;
  entropy: SeededEntropy;
  servers: Servers;
  population: Population;
  allNodes(): Node<unknown>[];
  /** Somebody is told that the log has lost what stood behind a position, and that nobody does anything about it for so long. */
  cut(end: number, for_ms: number): void;
}

/** What a fault has struck. */
export interface Strike {
  /** In whose lane of the trace it is told. */
  lane: string;
  text: string;
  /** What ends it. Without it there is nothing to end. */
  end?(): void;
}

/** A kind of fault. */
export interface FaultKind {
  /** In what share of histories it is on. */
  on: number;
  /** The least and the most of how often it strikes in one of them. */
  times: readonly [least: number, most: number];
  /** The least and the most of how long it lasts, in milliseconds. */
  for_ms: readonly [least: number, most: number];
  draw(entropy: SeededEntropy, targets: Targets): Parameters | undefined;
  /** @returns undefined when there is nobody whom it could strike */
  strike(fault: Fault, place: Place): Strike | undefined;
}

/** A process by its name. */
export function nodeOf(place: Place, name: unknown): Node<unknown> | undefined {
  return place.allNodes().find((node) => node.name === name);
}

/** The process that a fault of one process, or of all, strikes. */
export const nodeIn = (more: Parameters): string | undefined => more['node'] as string | undefined;

/** Cuts a way. @param add adds what stands for it, which lasts until it is healed @returns what heals it */
export function cutWay(add: (healed: Promise<void>) => () => void): () => void {
  const healed = Promise.withResolvers<void>();
  const end = add(healed.promise);
  return () => {
    end();
    healed.resolve();
  };
}
