import type { MultipartFile } from '@fastify/multipart';
import { Refused } from '@edgeflow/contracts';

/**
 * The text of a field that came as a file (`curl -F manifest=@firmware.jws`), without the line end that editors and shells leave behind it.
 * @param max_bytes what is longer is not read to its end
 * @throws Refused `invalid-request` when it is too long or no UTF-8
 */
export async function textOf({ fieldname: field, file }: MultipartFile, max_bytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Two more are the line end's.
  for await (const chunk of file as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > max_bytes + 2) throw new Refused('invalid-request', `"${field}" is too long.`, { field });
    chunks.push(chunk);
  }
  try {
    return withoutLineEnd(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw new Refused('invalid-request', `"${field}" is no text in UTF-8.`, { field }, { cause });
  }
}

/** A text without the line end that editors and shells leave behind it. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
