import { IsInt, Max, Min } from 'class-validator';
import { FoldingServiceConfig, Numeric } from '@edgeflow/service-host';

/** The orchestrator's environment (docs/operations.md); its fold is in the schema `orchestrator`. */
export class OrchestratorConfig extends FoldingServiceConfig {
  /** Seconds until an update's deadline when the request names none; default one day. */
  @Numeric()
  @IsInt()
  @Min(1)
  @Max(2_592_000)
  UPDATE_DEADLINE_S = 86_400;

  /** How long HTTP waits for the decision before it answers that it is still open, in milliseconds. */
  @Numeric()
  @IsInt()
  @Min(0)
  @Max(30_000)
  DECISION_WAIT_MS = 3_000;

  /** Requests of an organization's teams by NATS within a minute; what is more is refused. */
  @Numeric()
  @IsInt()
  @Min(1)
  REQUESTS_PER_MINUTE = 1_200;

  /** Bytes of these requests within a minute; the largest one has 768 KiB. */
  @Numeric()
  @IsInt()
  @Min(786_432)
  REQUEST_BYTES_PER_MINUTE = 33_554_432;
}
