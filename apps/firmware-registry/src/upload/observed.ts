import { Refused } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { uploads, uploadSeconds } from '../metrics.js';
import type { Uploaded } from './uploads.js';

/** What is known of an upload so far, for its log line. */
export interface About {
  org: string;
  version?: string;
}

/** Runs an upload and counts how it ends; a refusal also gets a log line with what is known by then. */
export async function observed(about: About, upload: () => Promise<Uploaded>): Promise<Uploaded> {
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
    const { code, detail, facts } = error instanceof Refused ? error : new Refused('internal-error');
    end(code);
    logger.warn({ ...about, code, detail, firmware_id: facts['firmware_id'] }, 'an upload was refused');
    throw error;
  }
}
