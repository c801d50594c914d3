import { StoreAnswer } from './store-answer.js';

/** Both ends are included, as in HTTP. */
interface Part {
  start: number;
  end: number;
}

/**
 * The part of an object that a Range header asks for (RFC 9110, section 14.1.2); undefined for all of it.
 * @throws StoreAnswer `InvalidRange` when nothing of it lies inside the object
 */
export function partOf(range: string, size: number): Part | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < start) return undefined;
  if (start > end) throw new StoreAnswer('InvalidRange', 416);
  return { start, end };
}
