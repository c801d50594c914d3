import { hostname } from 'node:os';
import { IsInt, IsNumber, IsOptional, Matches, Max, Min } from 'class-validator';
import { IsToken } from '@edgeflow/contracts';
import { Certificates, NoFault, Numeric, StoringServiceConfig, downloadFault } from '@edgeflow/service-host';
import { LEASE_S } from './processors/lease/lease-record.js';

/** The machine's name, or the container's, as a legal token. It stays over restarts, by which a gateway knows the tunnels it lost. */
function ownName(): string {
  return (
    hostname()
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .slice(0, 64) || 'gateway'
  );
}

const ORIGINS = /^(https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)?$/;

/** What the device gateway reads from its environment. Times are in seconds. */
export class GatewayConfig extends StoringServiceConfig {
  /** Devices download from it, unless S3_PUBLIC_ENDPOINT says where. */
  @NoFault(downloadFault) override S3_ENDPOINT?: string;
  /** This gateway among several: unique, and the same after a restart. One that a live gateway has is refused (ADR-0022). */
  @IsToken() GATEWAY_ID = ownName();
  /** A gateway that does not renew its lease for so long, in seconds, is lost: others say goodbye for its tunnels. */
  @Numeric() @IsNumber() @Min(LEASE_S.min) @Max(LEASE_S.max) GATEWAY_LEASE_S: number = LEASE_S.default;
  /** How long a device may take to say hello. */
  @Numeric() @IsNumber() @Min(0.05) @Max(300) HELLO_TIMEOUT_S = 10;
  /** Between two pings; a device that misses two is gone. */
  @Numeric() @IsNumber() @Min(0.05) @Max(300) HEARTBEAT_S = 30;
  /** Between two looks at a connected device's streams, while nobody says what its session missed; and until it is looked again whether it knows. */
  @Numeric() @IsNumber() @Min(0.05) @Max(3600) LANE_CHECK_S = 30;
  /** How long the log keeps who is connected, in seconds; the lease of a tunnel that lasts is renewed before half of it is over. */
  @Numeric() @IsInt() @Min(4) @Max(2_592_000) PRESENCE_LEASE_S = 604_800;
  /** In which window devices are to come back after a loss; `MAX` grows with the number of tunnels. */
  @Numeric() @IsInt() @Min(0) @Max(3600) RECONNECT_MIN_S = 1;
  @Numeric() @IsInt() @Min(0) @Max(3600) RECONNECT_MAX_S = 30;
  /** Upgrade requests that one device may make in a minute, let in or not. */
  @Numeric() @IsInt() @Min(1) UPGRADES_PER_MINUTE = 60;
  /** Events that one device may bring about in a minute, half of them at once; of what is more the newest is written later. */
  @Numeric() @IsInt() @Min(40) DEVICE_EVENTS_PER_MINUTE = 120;
  /** Upgrade requests that this gateway looks at, in the long run, in a second; four times as many at once. */
  @Numeric() @IsNumber() @Min(0.1) CONNECTS_PER_S = 500;
  /** Web pages that may open tunnels, as `https://example.com`, separated by commas; devices send no Origin. */
  @Matches(ORIGINS, { message: 'must be origins like https://example.com, separated by commas' }) ALLOWED_ORIGINS = '';
  /** The authority that signs devices' certificates, PEM: with it, a tunnel asks for one of them too (mTLS). */
  @IsOptional() @Certificates() TLS_CLIENT_CA_FILE?: string;
  /** A tunnel takes one open file of the process's limit. */
  @Numeric() @IsInt() @Min(1) MAX_TUNNELS = 18_000;
}
