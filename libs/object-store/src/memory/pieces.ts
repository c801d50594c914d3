import { turned } from './memory-bucket.js';
import { StoreCut } from './store-answer.js';
import type { StoreFaults, StoreRequest } from './store-faults.js';

/** The bytes of an answer, piece by piece, as they come through. @throws StoreCut when one does not */
export async function* pieces(
  bytes: Buffer,
  request: StoreRequest,
  { faults, isAltered, piece_bytes }: { faults: StoreFaults; isAltered: boolean; piece_bytes: number },
): AsyncGenerator<Buffer> {
  const whole = isAltered && bytes.length > 0 ? turned(bytes, 0) : bytes;
  for (let offset = 0; offset < whole.length; offset += piece_bytes) {
    const piece = whole.subarray(offset, offset + piece_bytes);
    const fault = await faults.piece(request, offset);
    if (fault === 'cut') throw new StoreCut();
    yield fault === 'altered' ? turned(piece, 0) : Buffer.from(piece);
  }
}
