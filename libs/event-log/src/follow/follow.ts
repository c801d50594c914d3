import type { Connection } from '../connection/connection.js';
import { PullFollower } from './pull-follower.js';
import type { BatchHandler, FollowOptions, Follower } from '../types.js';

/** See `EventLog.follow`. */
export async function follow(connection: Connection, options: FollowOptions, handler: BatchHandler): Promise<Follower> {
  const follower = new PullFollower(connection, options, handler);
  await follower.start();
  return follower;
}
