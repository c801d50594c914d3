import type { paths as GatewayPaths } from './generated/device-gateway.js';
import type { paths as RegistryPaths } from './generated/firmware-registry.js';
import type { paths as QueryPaths } from './generated/projection.js';
import type { paths as OrchestratorPaths } from './generated/rollout-orchestrator.js';

/** All routes of the common origin, as the OpenAPI documents have them. */
export type Routes = RegistryPaths & OrchestratorPaths & GatewayPaths & QueryPaths;

/** The methods that routes have. */
export type Method = 'get' | 'post' | 'put' | 'delete';

/** The paths that have a method. */
export type PathOf<M extends Method> = {
  [P in keyof Routes]: Routes[P] extends Record<M, object> ? P : never;
}[keyof Routes] &
  string;

type Operation<P extends keyof Routes, M extends Method> = M extends keyof Routes[P] ? Routes[P][M] : never;
type JsonIn<C> = C extends { content: { 'application/json': infer J } } ? J : never;

/** What a route answers when it does not refuse. */
export type Answer<P extends keyof Routes, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? { [S in keyof R]: JsonIn<R[S]> }[keyof R] : never;

type Parameters<P extends keyof Routes, M extends Method> =
  Operation<P, M> extends { parameters: infer A } ? A : Record<never, never>;
type PathGiven<A> = A extends { path: infer V extends object } ? { path: V } : { path?: never };
type QueryGiven<A> = A extends { query?: infer V } ? { query?: NonNullable<V> } : { query?: never };
type BodyGiven<O> = O extends { requestBody: infer B extends object }
  ? { body: JsonIn<B> }
  : O extends { requestBody?: infer B }
    ? { body?: JsonIn<NonNullable<B>> }
    : { body?: never };

/** What is the same for each request. */
export interface RequestOptions {
  /** The same key is the same request. Requests to the orchestrator get one of their own without it. */
  idempotency_key?: string;
  signal?: AbortSignal;
}

/** What is given to a route: the values of its path, its query and its body. */
type Init<P extends keyof Routes, M extends Method> = PathGiven<Parameters<P, M>> &
  QueryGiven<Parameters<P, M>> &
  BodyGiven<Operation<P, M>> &
  RequestOptions;

/** The init may be left out where nothing of it is needed. */
export type InitOf<P extends keyof Routes, M extends Method> =
  Record<never, never> extends Init<P, M> ? [init?: Init<P, M>] : [init: Init<P, M>];

/** The lists: what they answer has pages. */
export type ListPath = {
  [P in PathOf<'get'>]: Answer<P, 'get'> extends { items: unknown[]; next_cursor: string | null } ? P : never;
}[PathOf<'get'>];

/** One item of a list. */
export type Item<P extends ListPath> = Answer<P, 'get'> extends { items: (infer I)[] } ? I : never;
