/** One request to the store. */
export interface StoreRequest {
  /** Whose it is: a name that was given to `MemoryStore.client`, or to a download. */
  by: string;
  what: StoreAction;
  /** Of the object, or what the keys of a listing begin with; '' for the bucket. */
  key: string;
  /** That go with it. */
  bytes: number;
}

type StoreAction =
  | 'look-at-bucket'
  | 'make-bucket'
  | 'put'
  | 'begin-upload'
  | 'put-part'
  | 'complete-upload'
  | 'abort-upload'
  | 'head'
  | 'get'
  | 'remove'
  | 'list'
  | 'list-uploads'
  /** By a presigned URL. */
  | 'download';

/**
 * What becomes of a request when it arrives. `unavailable`: it is not done, and the answer is 503. `full`: what would store something is
 * not done, and the answer is 507. `missing`: it is as if the object were not there. `altered`: what is stored, or handed out, differs in
 * a bit from what it should be.
 */
export type StoreFault = 'unavailable' | 'full' | 'missing' | 'altered';

/**
 * What goes wrong with requests, and how long they take: each promise settles when that step is over, so that whoever gives the port
 * decides what comes before what. One that never settles is a store that hangs.
 */
export interface StoreFaults {
  /** The request is on its way. Settles when it arrives. */
  arrives(request: StoreRequest): Promise<StoreFault | undefined>;
  /** It was done, and the answer is on its way. Settles when it is here, or is lost: then nobody knows that it was done. */
  answered(request: StoreRequest): Promise<'lost' | undefined>;
  /** A piece of a body is on its way, from `offset` on. `cut`: it does not come, nor does any later one. */
  piece(request: StoreRequest, offset: number): Promise<'cut' | 'altered' | undefined>;
}

/** A store without a fault, which answers at once. */
export const noStoreFaults: StoreFaults = {
  arrives: () => Promise.resolve(undefined),
  answered: () => Promise.resolve(undefined),
  piece: () => Promise.resolve(undefined),
};
