export type { DeletedAsset, RawAsset, RegisteredAsset } from '#contract/asset';
export type { ClientOptions } from './api.ts';
export { type Client, createClient, type DownloadOptions, type ListOptions } from './client.ts';
export { type ClientErrorCode, NexusError } from './errors.ts';
export type { UploadFile, UploadValues } from './files.ts';
export type { Progress } from './progress.ts';
export type { UploadOptions } from './upload.ts';
export type { UploadAllOptions, UploadItem, UploadOutcome } from './upload-all.ts';
