import { NODE_FLOOR, requireNode } from '@edgeflow/contracts/node-floor';

requireNode(NODE_FLOOR, 'npm ci brings one, node_modules/.bin/node');
