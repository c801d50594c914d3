import { NODE_FLOOR, requireNode } from '@edgeflow/contracts/node-floor';

requireNode(NODE_FLOOR, 'use npm start or npm run demo, which bring their own');
