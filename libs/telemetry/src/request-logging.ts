import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import { correlationId } from './correlation.js';
import { logger } from './logger.js';
import { isOperational } from './operational-path.js';

function levelOf(_request: IncomingMessage, response: ServerResponse, error?: Error): 'error' | 'warn' | 'info' {
  if (error || response.statusCode >= 500) return 'error';
  return response.statusCode >= 400 ? 'warn' : 'info';
}

/** One line per request, when it is answered: method, path, status, milliseconds; no headers and no bodies. */
export const requestLogging: Params = {
  pinoHttp: {
    logger,
    quietReqLogger: true,
    genReqId: () => correlationId() ?? '-',
    customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
    customLogLevel: levelOf,
    autoLogging: { ignore: (request) => isOperational(request.url) },
    serializers: {
      req: (request: { method: string; url: string }) => ({ method: request.method, path: request.url.split('?')[0] }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
  },
};
