/** One request, as it is written on the wire. */
export interface OriginRequest {
  /** Unique among them. */
  name: string;
  method?: string;
  /** The request target, byte by byte. */
  target: string;
  version?: '1.0' | '1.1';
  /** Lines beside Host, in this order. */
  lines?: readonly string[];
  /** The lines of Host; default: the origin's own. */
  hosts?: readonly string[];
  /** Sent whole, whatever comes back. */
  body?: string;
  /** What of the answer is another one each time, or is not ours to choose; the status is never. */
  differs?: readonly ('body' | 'headers')[];
  /** The status of an origin of Go's (Caddy), where its HTTP server decides before Caddy sees the request, and decides well too. */
  status_of_go?: number;
}
