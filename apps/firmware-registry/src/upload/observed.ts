import { Refused } from '@edgeflow/contracts';
import type { Caller } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';
import { uploads, uploadSeconds } from '../metrics.js';
import type { Uploaded } from './uploads.js';

/** Runs an upload and counts how it ends; a refusal also gets a log line. */
export async function observed({ org }: Caller, upload: () => Promise<Uploaded>): Promise<Uploaded> {
  const time = uploadSeconds.startTimer();
  const end = (outcome: string): void => {
    uploads.inc({ outcome });
    time({ outcome });
  };
  try {
    const uploaded = await upload();
    end(uploaded.created ? 'created' : 'known');
    return uploaded;
  } catch (error) {
    const code = error instanceof Refused ? error.code : 'internal-error';
    end(code);
    logger.warn({ org, code, detail: error instanceof Refused ? error.detail : undefined }, 'an upload was refused');
    throw error;
  }
}
