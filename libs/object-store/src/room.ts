import { isFull } from './failures.js';

/** An object that is stored and removed again, to see whether there is room. */
export const ROOM = { key: '.edgeflow-room', bytes: 1024 * 1024 };

/** Whether the store refused the last object for want of room. */
export class Room {
  private wasFull = false;

  /** True until an object has been stored again. */
  get isWanting(): boolean {
    return this.wasFull;
  }

  /** Waits for an object to be stored, and bears in mind how that went. @throws what `stored` rejects with */
  async note(stored: Promise<unknown>): Promise<void> {
    try {
      await stored;
      this.wasFull = false;
    } catch (error) {
      this.wasFull ||= isFull((error as Error).cause);
      throw error;
    }
  }
}
