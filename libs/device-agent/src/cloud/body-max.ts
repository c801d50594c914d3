/** So much of an answer's body is read, in bytes. */
export const BODY_MAX = 64 * 1024;
