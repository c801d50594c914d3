/** Codes, statuses and words of the S3 API (Amazon S3 API reference, "Error responses"); the last two rows are ours. */
const table = {
  AccessDenied: { status: 403, message: 'Access Denied' },
  AuthorizationHeaderMalformed: { status: 400, message: 'The authorization header is not well formed' },
  AuthorizationQueryParametersError: {
    status: 400,
    message: 'The query parameters of the signature are not well formed',
  },
  BadDigest: { status: 400, message: 'The checksum that you gave does not match the body' },
  BucketAlreadyOwnedByYou: { status: 409, message: 'The bucket exists and is yours' },
  EntityTooLarge: { status: 400, message: 'The body is larger than the maximum of 5 GiB' },
  EntityTooSmall: { status: 400, message: 'Every part but the last must have at least 5 MiB' },
  IncompleteBody: { status: 400, message: 'The body has not the number of bytes that its headers state' },
  InternalError: { status: 500, message: 'The server failed; please try again' },
  InvalidAccessKeyId: { status: 403, message: 'The access key id does not exist' },
  InvalidArgument: { status: 400, message: 'An argument is not valid' },
  InvalidBucketName: { status: 400, message: 'The bucket name is not valid' },
  InvalidDigest: { status: 400, message: 'The checksum is not well formed' },
  InvalidPart: { status: 400, message: 'A part is missing, or its ETag or checksum is another one' },
  InvalidPartOrder: { status: 400, message: 'The parts must be in ascending order' },
  InvalidRange: { status: 416, message: 'The range lies outside the object' },
  InvalidRequest: { status: 400, message: 'The request is not valid' },
  InvalidURI: { status: 400, message: 'The URI cannot be parsed' },
  KeyTooLongError: { status: 400, message: 'The key has more than 1024 bytes' },
  MalformedXML: { status: 400, message: 'The XML is not well formed or not what this operation takes' },
  MetadataTooLarge: { status: 400, message: 'The metadata has more than 2 KiB' },
  MissingContentLength: { status: 411, message: 'The Content-Length header is missing' },
  NoSuchBucket: { status: 404, message: 'The bucket does not exist' },
  NoSuchKey: { status: 404, message: 'The key does not exist' },
  NoSuchUpload: { status: 404, message: 'The multipart upload does not exist; it was completed or aborted' },
  NotImplemented: { status: 501, message: 'The embedded S3 endpoint does not have this function' },
  PreconditionFailed: { status: 412, message: 'A precondition of the request does not hold' },
  RequestTimeTooSkewed: { status: 403, message: "The request's time and the server's time are too far apart" },
  SignatureDoesNotMatch: { status: 403, message: 'The signature does not match the request' },
  XAmzContentSHA256Mismatch: { status: 400, message: 'The body does not have the stated x-amz-content-sha256' },
  InsufficientStorage: { status: 507, message: 'The disk is full' },
  ObjectDamaged: { status: 500, message: 'The stored file has not the size that was stored' },
} as const satisfies Record<string, { status: number; message: string }>;

export type S3ErrorCode = keyof typeof table;

/** A refusal of the endpoint; it becomes the XML document that S3 clients read. */
export class S3Error extends Error {
  override readonly name = 'S3Error';

  constructor(
    readonly code: S3ErrorCode,
    message: string = table[code].message,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  get status(): number {
    return table[this.code].status;
  }

  /** What the client is told about any error: an unexpected one shows nothing of itself. */
  static from(error: unknown): S3Error {
    if (error instanceof S3Error) return error;
    const { code } = error as NodeJS.ErrnoException;
    return new S3Error(code === 'ENOSPC' || code === 'EDQUOT' ? 'InsufficientStorage' : 'InternalError');
  }
}
