import type { StoredEvent } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { PullFollower } from './pull-follower.js';
import type { FollowOptions, Follower } from '../types.js';

/** See `EventLog.follow`. */
export async function follow(
  connection: Connection,
  options: FollowOptions,
  handler: (batch: readonly StoredEvent[]) => Promise<void>,
): Promise<Follower> {
  const follower = new PullFollower(connection, options, handler);
  await follower.start();
  return follower;
}
