/** An answer of the model's that is a refusal, with what of the SDK's errors ours look at (failures.ts). */
export class StoreAnswer extends Error {
  readonly $metadata: { httpStatusCode: number };

  constructor(
    /** The code of the error document. */
    override readonly name: string,
    readonly status: number,
  ) {
    super(name);
    this.$metadata = { httpStatusCode: status };
  }
}

/** The connection broke before the answer, or within it. */
export class StoreCut extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('the connection to the store broke');
  }
}
