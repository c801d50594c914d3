/** An error as PostgreSQL has it, known by its SQLSTATE. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
