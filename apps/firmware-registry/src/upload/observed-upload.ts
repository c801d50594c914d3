import { Refused } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { uploads, uploadSeconds } from '../registry.metrics.js';
import type { Uploaded } from './uploads.js';

/** What is known of an upload so far, for its log line. */
export interface About {
  org: string;
  version?: string;
}

/** Runs an upload and counts how it ends; a refusal also gets a log line with what is known by then. */
export async function observed(about: About, clock: Clock, upload: () => Promise<Uploaded>): Promise<Uploaded> {
  const begun = clock.steady_ms();
  const end = (outcome: string): void => {
    uploads.inc({ outcome });
    uploadSeconds.observe({ outcome }, (clock.steady_ms() - begun) / 1000);
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
