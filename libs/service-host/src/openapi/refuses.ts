import type { ErrorCode } from '@edgeflow/contracts';
import { accessOf } from '@edgeflow/identity';
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';

const REFUSES = Symbol('refuses');

/** What every route may be refused with: by what stands before it, and by the origin. */
const EVERYWHERE: readonly ErrorCode[] = [
  'invalid-request',
  'unauthorized',
  'too-many-requests',
  'internal-error',
  // API keys are looked up in the log.
  'log-unavailable',
  'service-unavailable',
];
/** What else a request with a body may be refused with. */
const WITH_BODY: readonly ErrorCode[] = ['request-timeout', 'upload-too-large', 'media-type-unsupported'];

/** What a route that writes to the log may be refused with besides. */
export const WRITING = ['conflict', 'log-full', 'log-diverged'] as const satisfies ErrorCode[];
/** What a route that reads rows may be refused with besides. */
export const READING = ['read-model-behind', 'database-unavailable'] as const satisfies ErrorCode[];

/** A route, as Nest has it. */
export interface Route {
  controller: Type;
  handler: object;
}

/**
 * The codes that a route refuses with, besides those of every route; of a controller: that all of its routes do. Several add up. The API
 * description is made of it, and what is refused otherwise is noticed (undeclared.ts).
 */
export function Refuses(...codes: ErrorCode[]): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const of = (descriptor?.value ?? target) as object;
    Reflect.defineMetadata(REFUSES, [...codesOf(of), ...codes], of);
  };
}

/** All codes that a route may be refused with. */
export function refusalsOf({ controller, handler }: Route): ReadonlySet<ErrorCode> {
  const { roles, claim, device } = accessOf(controller, handler);
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
  const isLimited = roles !== undefined || claim || device;
  return new Set([
    ...EVERYWHERE,
    ...(isLimited ? (['forbidden'] as const) : []),
    ...(method === RequestMethod.GET ? [] : WITH_BODY),
    ...codesOf(controller),
    ...codesOf(handler),
  ]);
}

function codesOf(of: object): readonly ErrorCode[] {
  return (Reflect.getOwnMetadata(REFUSES, of) ?? []) as readonly ErrorCode[];
}
