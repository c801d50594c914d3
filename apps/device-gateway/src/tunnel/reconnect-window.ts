/** What a gateway can admit a second on one core: a TLS handshake, an Ed25519 check and an append each. */
const RECONNECTS_PER_S = 200;

/** In which window, in seconds, a device is to choose its time to come back. */
export interface ReconnectWindow {
  min_s: number;
  max_s: number;
}

/** The configured window, made longer when so many tunnels are open that their devices would come back as a stampede. */
export function reconnectWindow({ min_s, max_s }: ReconnectWindow, tunnels: number): ReconnectWindow {
  return { min_s, max_s: Math.max(max_s, min_s + Math.ceil(tunnels / RECONNECTS_PER_S)) };
}
