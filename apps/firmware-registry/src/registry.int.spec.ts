import type { OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry } from './testing/registry.fixture.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

const get = async (path: string) => fetch(`${registry.service.url}/registry${path}`);

describe('a registry', () => {
  it('is ready with its log and its object store', async () => {
    const answer = await get('/readyz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ details: { nats: { status: 'up' }, s3: { status: 'up' } } });
  });

  it('counts uploads by outcome', async () => {
    const tenant = registry.tenant();
    const bytes = Buffer.from('an image of 20 bytes');
    await tenant.upload({ bytes });
    await tenant.upload({ bytes });
    await tenant.upload({ bytes, version: 'new' });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('edgeflow_firmware_uploads_total{outcome="created"} 1');
    expect(metrics).toContain('edgeflow_firmware_uploads_total{outcome="known"} 1');
    expect(metrics).toContain('edgeflow_firmware_uploads_total{outcome="version-invalid"} 1');
    expect(metrics).toContain('edgeflow_firmware_uploaded_bytes_total 40');
    expect(metrics).toContain('edgeflow_firmware_upload_duration_seconds_count{outcome="created"} 1');
  });

  it('asks for a token before it reads anything', async () => {
    const answer = await fetch(`${registry.service.url}/registry/v1/firmware`, {
      method: 'POST',
      body: new FormData(),
    });
    expect(answer.status).toBe(401);
  });
});

describe('the API description', () => {
  const read = async () => (await (await get('/openapi.json')).json()) as OpenAPIObject;

  it('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate({ ...(await read()) })).toMatchObject({ valid: true });
  });

  it('describes the upload: its form, its answers, and every problem with its codes', async () => {
    const { paths, components } = await read();
    const { requestBody, responses = {} } = paths['/registry/v1/firmware']?.post ?? {};
    expect(requestBody).toMatchObject({
      required: true,
      content: { 'multipart/form-data': { schema: { $ref: '#/components/schemas/UploadBody' } } },
    });
    expect(components?.schemas?.['UploadBody']).toMatchObject({
      required: ['version', 'sha256', 'models', 'file'],
      properties: { models: { type: 'array' }, file: { type: 'string', format: 'binary' } },
    });
    const refused = ['400', '401', '403', '408', '409', '413', '415', '422', '429', '500', '503'];
    expect(Object.keys(responses)).toEqual(['200', '201', ...refused, 'default']);
    const { $ref = '' } = responses['409'] as { $ref?: string };
    expect(components?.responses?.[$ref.split('/').at(-1) ?? '']).toMatchObject({
      content: {
        'application/problem+json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              {
                properties: {
                  code: { enum: ['conflict', 'firmware-revoked', 'signing-key-revoked', 'version-exists'] },
                },
              },
            ],
          },
        },
      },
    });
  });
});
