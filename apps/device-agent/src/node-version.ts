import { AGENT_NODE_FLOOR, requireNode } from '@edgeflow/contracts/node-floor';

/** sysexits.h: the configuration is wrong; a restart cures nothing. */
export const EXIT_CONFIG = 78;

requireNode(
  AGENT_NODE_FLOOR,
  'an older one cannot start itself anew after an update; npm ci brings one, node_modules/.bin/node',
  EXIT_CONFIG,
);
