/** What stands in a log where a secret stood. */
export const REDACTED = '[redacted]';

/** Members whose value is a secret whatever it looks like; compared in lower case, `-` and `_` ignored. */
const SECRET_KEYS = new Set(
  [
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'token',
    'access_token',
    'id_token',
    'refresh_token',
    'claim_token',
    'api_key',
    'password',
    'secret',
    'client_secret',
    'private_key',
    'secret_access_key',
    's3_secret_access_key',
    'session_token',
    'x-amz-security-token',
    'x-amz-signature',
    'x-amz-credential',
  ].map(foldKey),
);

/** The private members of a JWK: RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2. */
const JWK_PRIVATE_KEYS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']);

/** Secrets that are recognised inside longer strings. Each pattern keeps its first group and loses the rest. */
const SECRET_STRINGS: readonly RegExp[] = [
  // Presigned URLs (AWS Signature Version 4, query form), also when they stand percent-encoded in another query.
  /(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D))[^&"'\\\s]+/gi,
  // `nats://user:password@host`, `postgres://user:password@host`, and a NATS token: `nats://token@host`.
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/gi,
  /(\b(?:nats|tls|ws|wss):\/\/)[^\s/:@"']+(?=@)/gi,
  // API keys and claim tokens: whose they are stays, the secret goes, however much of it is there.
  /(\bef[kc]\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}\.)[A-Za-z0-9_-]+/g,
  /(\b(?:Bearer|Claim|Basic)\s+)[A-Za-z0-9._~+/-]{8,}=*/gi,
  // Compact JWS anywhere: three base64url parts, the first of which begins with `{"`.
  /()\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:(?=-----END)|$)/g,
  // JSON that was printed into a string, and `password=…` of a libpq connection string.
  /("(?:access_token|refresh_token|token|password|secret|private_key|d)"\s*:\s*")(?:[^"\\]|\\.)+/gi,
  /(\b(?:password|secret|token)=)[^&\s"']+/gi,
];

/** Cheap test whether a log line can hold anything of the above; lines that cannot are passed on untouched. */
const SUSPECT =
  /x-amz-|ef[kc]\.|:\/\/[^\s/"]*@|bearer|claim|basic|eyJ|PRIVATE KEY|authorization|cookie|token|passw|secret|private_?key|"(?:d|p|q|dp|dq|qi|k|oth)\\*"/i;

function foldKey(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '');
}

function isSecretMember(key: string, holder: object): boolean {
  return SECRET_KEYS.has(foldKey(key)) || ('kty' in holder && JWK_PRIVATE_KEYS.has(key));
}

/** A copy of a string without the secrets that are recognised by their form. */
export function redactString(text: string): string {
  return SECRET_STRINGS.reduce((left, pattern) => left.replace(pattern, `$1${REDACTED}`), text);
}

/** A copy of a JSON value without secrets: members with secret names, private JWK members, and secrets inside strings. */
export function redact(value: unknown): unknown {
  return cleaned(value, isSecretMember);
}

/**
 * A copy of a JSON value in whose strings no secret is left that is recognised by its form: people paste what they have at hand into
 * reasons, and devices put URLs into messages. The value itself when nothing in it can be one.
 */
export function withoutSecrets<T>(value: T): T {
  return SUSPECT.test(JSON.stringify(value)) ? (cleaned(value, () => false) as T) : value;
}

function cleaned(value: unknown, isSecret: typeof isSecretMember): unknown {
  if (typeof value === 'string') return redactString(value);
  if (Array.isArray(value)) return value.map((one) => cleaned(one, isSecret));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [
    key,
    isSecret(key, value) ? REDACTED : cleaned(member, isSecret),
  ]);
  return Object.fromEntries(members);
}

/**
 * One line of JSON log without secrets. It works on the finished line, after pino's serializers, so that nothing gets
 * past it: bindings, errors with their causes, messages.
 */
export function redactLine(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return `${JSON.stringify(redact(JSON.parse(line)))}\n`;
}
