import { Refused, errorTable, type ErrorCode } from '@edgeflow/contracts';
import { HttpException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { problemOf, refusalOf, retryAfterOf } from './problem.js';

const request = { path: '/query/v1/devices', id: 'r-1' };

describe('a problem document', () => {
  it('has the members of RFC 9457, the code and the facts', () => {
    expect(problemOf(new Refused('device-offline', 'dev_1 is offline', { device_id: 'dev_1' }), request)).toEqual({
      type: 'urn:edgeflow:problem:device-offline',
      title: errorTable['device-offline'].title,
      status: 409,
      detail: 'dev_1 is offline',
      code: 'device-offline',
      instance: '/query/v1/devices',
      http_request_id: 'r-1',
      device_id: 'dev_1',
    });
  });

  it('is not bent by facts with the names of its members', () => {
    const bent = new Refused('conflict', 'd', { status: 200, code: 'x', instance: 'y', http_request_id: 'z' });
    const own = { status: 409, code: 'conflict', instance: request.path, http_request_id: 'r-1' };
    expect(problemOf(bent, request)).toMatchObject(own);
  });

  it('names a request of the log where there is one, and no call by that name', () => {
    expect(problemOf(new Refused('conflict', 'd', { request_id: 'req_1' }), request)).toMatchObject({
      request_id: 'req_1',
    });
    expect(problemOf(new Refused('conflict'), request)).not.toHaveProperty('request_id');
  });

  it.each(Object.keys(errorTable) as ErrorCode[])('carries the status of %s', (code) => {
    expect(problemOf(new Refused(code), request).status).toBe(errorTable[code].status);
  });
});

describe('what was thrown', () => {
  it.each([
    [new HttpException('no', 404), 'not-found'],
    [new HttpException('no', 405), 'invalid-request'],
    [new HttpException('no', 413), 'upload-too-large'],
    [Object.assign(new Error('body'), { statusCode: 413 }), 'upload-too-large'],
    [Object.assign(new Error('media type'), { statusCode: 415 }), 'media-type-unsupported'],
    [new HttpException('teapot', 502), 'internal-error'],
    [Object.assign(new Error('odd'), { statusCode: 'x' }), 'internal-error'],
    [new Error('the password is hunter2'), 'internal-error'],
    ['a string', 'internal-error'],
    [undefined, 'internal-error'],
  ])('%s becomes %s', (error, code) => {
    const refusal = refusalOf(error);
    expect(refusal.code).toBe(code);
    expect(refusal.detail).not.toContain('hunter2');
  });

  it('keeps its cause for the log', () => {
    const error = new Error('disk');
    expect(refusalOf(error).cause).toBe(error);
  });
});

describe('the time to come back', () => {
  it('is told for 429 and 503 only', () => {
    expect(retryAfterOf(new Refused('log-unavailable'))).toBe(1);
    expect(retryAfterOf(new Refused('too-many-requests', 'd', { retry_after_s: 17 }))).toBe(17);
    expect(retryAfterOf(new Refused('conflict', 'd', { retry_after_s: 17 }))).toBeUndefined();
  });
});
