import type { FoldCheckpoint } from './checkpoint.js';
import type { MomentRows, Rows } from './rows.js';
import type { Schemas } from './schemas.js';

/** A lease as it stands now. */
export interface LeaseState {
  /** Empty when it was given up. */
  holder: string;
  /** For how long it has been over, in seconds, or will hold when negative. */
  over_s: number;
}

/** A lease that somebody has. */
export interface HeldLease {
  holder: string;
  /** Raised whenever it is taken. */
  term: number;
}

/** The lease of one version of a fold: who folds, by the database's own clock. */
export interface Leases {
  /** Undefined when nobody ever held it. */
  look(): Promise<LeaseState | undefined>;
  /**
   * Takes it when it is nobody's or the holder's own, has run out, or ends later than one may.
   * @returns its term; undefined while another one holds it
   */
  take(holder: string, for_ms: number, longest_ms: number): Promise<number | undefined>;
  /** @returns false when another one has it, or it is gone */
  renew(held: HeldLease, for_ms: number): Promise<boolean>;
  /** Gives it up, so that nobody has to wait until it runs out. */
  give(held: HeldLease): Promise<void>;
}

/** When what a transaction has written outlasts a crash of the database. */
export type Lasts = 'at-once' | 'soon';

/** A transaction in which a fold writes. */
export interface FoldTransaction extends Rows {
  /** Takes the checkpoint until the end: who folds the same rows waits, and what is written from here on is the fold's. Undefined when there is none. */
  lockCheckpoint(name: string, lasts?: Lasts): Promise<Pick<FoldCheckpoint, 'position' | 'rebuild'> | undefined>;
  /** True when the lease is still held. Whoever would take it waits until the end. */
  holdsLease(held: HeldLease): Promise<boolean>;
}

/** Last in a transaction. @throws Deposed when another replica leads */
export type Fence = (tx: FoldTransaction) => Promise<void>;

/**
 * A way to the rows of one version of a fold: to those that are read, or to those that are built beside them. An abstract class, so that Nest can
 * provide it by its type.
 */
export abstract class FoldDatabase {
  abstract readonly schemas: Schemas;
  /** The schema whose rows these are. */
  abstract readonly sees: string;
  /** Each statement by itself. */
  abstract readonly rows: Rows;
  abstract readonly leases: Leases;
  abstract open(): Promise<void>;
  abstract close(): Promise<void>;
  abstract inTransaction<T>(work: (tx: FoldTransaction) => Promise<T>): Promise<T>;
  /** Reads several tables as of one moment: of the same rows, also when others take their place meanwhile, which wait for it. */
  abstract asOfOneMoment<T>(read: (rows: MomentRows) => Promise<T>): Promise<T>;
  /** True when nothing can be stored, though it answers. */
  abstract isReadOnly(): Promise<boolean>;
  /** Makes the service's own schema and its leases where they are not there. */
  abstract createHome(): Promise<void>;
  /** Makes the tables of these rows, empty and without a checkpoint, in place of those that are there. */
  abstract createRows(): Promise<void>;
  /** What of the tables is not there, or is not as the classes of the rows have it: `"device"`, `"device".model`. */
  abstract wrongTables(): Promise<string[]>;
  /** The checkpoints of a fold in the rows of other versions, those apart that are to be made anew. */
  abstract checkpointsOfOthers(fold: string): Promise<FoldCheckpoint[]>;
  /** A way to the rows that are built, not opened yet. */
  abstract next(): FoldDatabase;
  /** True when nobody reads the live rows as of one moment, or saves them: looked at for a moment. */
  abstract isUnread(): Promise<boolean>;
  /**
   * Puts the rows that were built in the place of those that are read, in one transaction.
   * @param reached a position that answers have named: the checkpoint does not go back behind it
   * @param left_as a name for what was read until now
   * @returns false when somebody reads for long @throws RowsGone when what was built is not wanted any more
   */
  abstract takePlace(fence: Fence, reached: number, left_as: string): Promise<boolean>;
  /** Drops rows in whose place others have come. */
  abstract dropLeft(): Promise<void>;
  /** Drops those, and the rows of versions that nobody has led for a day. */
  abstract dropUnused(): Promise<void>;
}
