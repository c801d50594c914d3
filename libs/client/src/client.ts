import createClient from 'openapi-fetch';
import { apiErrorOf } from './api-error.js';
import { ownPlatform, type Platform } from './platform.js';
import { retrying, type Fetch, type Retry } from './retry.js';
import type { Answer, InitOf, Item, ListPath, Method, PathOf, RequestOptions } from './routes.js';
import { uploadForm, type UploadFields } from './upload-form.js';

/** How to ask an origin, and as whom. */
export interface ClientOptions {
  /** `https://ota.example.com`. */
  origin: string;
  /** The credential of the next request: a token, an API key, a claim token; asked for anew each time, since tokens expire. */
  token: string | (() => string | Promise<string>);
  /** What stands before it in `Authorization`. */
  scheme?: 'Bearer' | 'Claim';
  /** Default: what refuses with 429 or 503 is tried again, four times at most. */
  retry?: Partial<Retry>;
  /** With it, queries wait until they have seen what this client has written (`after`). */
  reads_own_writes?: boolean;
  /** Default: the platform's. */
  fetch?: Fetch;
  /** By what it waits and names requests. Default: the platform's own. */
  platform?: Platform;
}

/** Any init, as the implementation sees it. */
interface AnyInit extends RequestOptions {
  path?: object;
  query?: object;
  body?: unknown;
}

interface AnyAnswer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

const RETRY: Retry = { tries: 5, wait_max_s: 60 };
const UPLOAD = '/registry/v1/firmware';

/** The HTTP API of an installation, typed by its OpenAPI documents. It loads in a browser; for Node there is more in node.ts. */
export class EdgeFlowClient {
  private readonly http: { request(method: string, path: string, init: object): Promise<AnyAnswer> };
  private readonly send: Fetch;
  private readonly platform: Platform;
  /** The newest position that this client has written. */
  private seen = 0;

  constructor(private readonly options: ClientOptions) {
    const { fetch = (request: Request) => globalThis.fetch(request), retry, platform = ownPlatform } = options;
    this.platform = platform;
    const asked: Fetch = async (request) => fetch(await this.authorized(request));
    this.send = retrying(asked, { ...RETRY, ...retry }, platform.clock);
    // Where the types are needed they are this class's own.
    this.http = createClient<object>({ baseUrl: options.origin, fetch: this.send, redirect: 'error' }) as never;
  }

  /** @throws ApiError */
  get<P extends PathOf<'get'>>(path: P, ...[init]: InitOf<P, 'get'>): Promise<Answer<P, 'get'>> {
    return this.answer('get', path, this.current(path, init));
  }

  /** @throws ApiError */
  post<P extends PathOf<'post'>>(path: P, ...[init]: InitOf<P, 'post'>): Promise<Answer<P, 'post'>> {
    return this.answer('post', path, init);
  }

  /** @throws ApiError */
  put<P extends PathOf<'put'>>(path: P, ...[init]: InitOf<P, 'put'>): Promise<Answer<P, 'put'>> {
    return this.answer('put', path, init);
  }

  /** @throws ApiError */
  delete<P extends PathOf<'delete'>>(path: P, ...[init]: InitOf<P, 'delete'>): Promise<Answer<P, 'delete'>> {
    return this.answer('delete', path, init);
  }

  /** All items of a list, page after page as they are asked for; the query's `limit` is that of a page. @throws ApiError */
  async *items<P extends ListPath>(path: P, ...[init]: InitOf<P, 'get'>): AsyncGenerator<Item<P>, void, undefined> {
    const given: AnyInit = init ?? {};
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const query = { ...given.query, ...(cursor !== undefined && { cursor }) };
      const page = await this.answer<{ items: Item<P>[]; next_cursor: string | null }>(
        'get',
        path,
        this.current(path, { ...given, query }),
      );
      yield* page.items;
      cursor = page.next_cursor;
    }
  }

  /** Uploads an image; `fields` come before it, as the registry wants them. @throws ApiError */
  upload(
    fields: UploadFields,
    image: Blob,
    { name = 'image.bin', signal }: { name?: string; signal?: AbortSignal } = {},
  ): Promise<Answer<typeof UPLOAD, 'post'>> {
    const body = uploadForm(fields, image, name);
    return this.answer('post', UPLOAD, { body, ...(signal && { signal }) });
  }

  /** Any request, answered as it is: for paths that the types do not know. @param path with its query @param body a form, or JSON */
  ask(
    method: string,
    path: string,
    { body, idempotency_key, signal }: { body?: object | undefined } & RequestOptions = {},
  ): Promise<Response> {
    const isForm = body instanceof FormData;
    const headers = {
      ...(idempotency_key !== undefined && { 'idempotency-key': idempotency_key }),
      ...(body && !isForm && { 'content-type': 'application/json' }),
    };
    const sent = body && { body: isForm ? body : JSON.stringify(body) };
    return this.send(
      new Request(new URL(path, this.options.origin), { method, headers, ...sent, ...(signal && { signal }) }),
    );
  }

  /** Adds `after` to a query, where this client reads its own writes and the caller does not say it better. */
  private current(path: string, init: AnyInit | undefined): AnyInit | undefined {
    if (!this.options.reads_own_writes || this.seen === 0 || !path.startsWith('/query/')) return init;
    return { ...init, query: { after: this.seen, ...init?.query } };
  }

  private async answer<T>(method: Method, route: string, init: AnyInit = {}): Promise<T> {
    const { path: values = {}, query, body, signal, ...options } = init;
    const path = pathOf(route, values);
    const { data, error, response } = await this.http.request(method, path, {
      ...(query && { params: { query } }),
      headers: headersOf(method, path, options, this.platform.entropy),
      ...(body instanceof FormData ? { body, bodySerializer: (form: FormData) => form } : { body }),
      ...(signal && { signal }),
    });
    if (!response.ok) throw apiErrorOf(`${method.toUpperCase()} ${path}`, response, error);
    const { position } = Object(data) as { position?: unknown };
    if (method !== 'get' && typeof position === 'number') this.seen = Math.max(this.seen, position);
    return data as T;
  }

  private async authorized(request: Request): Promise<Request> {
    const { token, scheme = 'Bearer' } = this.options;
    const value = typeof token === 'string' ? token : await token();
    request.headers.set('authorization', `${scheme} ${value.trim()}`);
    return request;
  }
}

function pathOf(route: string, values: object): string {
  const given = values as Record<string, unknown>;
  return route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given[name])));
}

/** A request to the orchestrator that is sent again is the same request. */
function headersOf(
  method: string,
  path: string,
  { idempotency_key }: RequestOptions,
  { uuid }: Platform['entropy'],
): Record<string, string> {
  const isRequest = method.toUpperCase() === 'POST' && path.startsWith('/orchestrator/');
  const key = idempotency_key ?? (isRequest ? uuid() : undefined);
  return key === undefined ? {} : { 'idempotency-key': key };
}
