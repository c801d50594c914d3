import { NODE_FLOOR, requireNode } from './node-floor.js';

/** For programs that people start: to be imported first. */
requireNode(NODE_FLOOR, 'npm ci brings one, node_modules/.bin/node, which npm start and npm run demo use');
