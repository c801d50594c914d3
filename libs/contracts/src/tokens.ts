/** What a subject token may be (DESIGN.md section 3): nothing that NATS reads as structure can get into a subject. */
export const TOKEN_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** True for a string that may stand as an org, an entity's id or an event's name in a subject. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN_PATTERN.test(value);
}
