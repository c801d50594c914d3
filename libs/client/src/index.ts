export { ApiError, NO_PROBLEM } from './api-error.js';
export { EdgeFlowClient, type ClientOptions } from './client.js';
export type { Platform } from './platform.js';
export type { Fetch, Retry } from './retry.js';
export type { Answer, InitOf, Item, ListPath, Method, PathOf, RequestOptions, Routes } from './routes.js';
export type { UploadFields } from './upload-form.js';
