import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import { nexusUploads } from '../../../client/uppy.ts';

/** A page of somebody else's, which uploads by Uppy. Its address is …#api=http://127.0.0.1:4000&token=eyJ…. */
interface Page {
  readonly location: { readonly hash: string };
  uppy?: Uppy;
}
const page = globalThis as unknown as Page;
const { api = '', token = '' } = Object.fromEntries(new URLSearchParams(page.location.hash.slice(1)));

const uppy = new Uppy();
uppy.use(AwsS3, nexusUploads(uppy, { baseUrl: api, token }));
page.uppy = uppy;
