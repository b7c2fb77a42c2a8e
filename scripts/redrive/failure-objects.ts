import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { concurrently } from '../operator/concurrently.ts';
import type { Backlog } from './backlog.ts';
import { recordsOfObject } from './dead-letter.ts';

/** The prefix of the keys that Lambda writes to. */
const PREFIX = 'aws/lambda/';

/** Adds every object that Lambda has written to the failure bucket to the backlog. */
export async function readFailureObjects(
  client: S3Client,
  bucket: string,
  backlog: Backlog,
  onProgress: (text: string) => void,
): Promise<void> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: PREFIX },
  )) {
    keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
    onProgress(`${keys.length} objects found`);
  }
  let read = 0;
  await concurrently(keys, async (key) => {
    const object = { Bucket: bucket, Key: key };
    const { Body } = await client.send(new GetObjectCommand(object));
    const text = (await Body?.transformToString()) ?? '';
    backlog.add(
      {
        kind: 'object',
        name: key,
        delete: async () => void (await client.send(new DeleteObjectCommand(object))),
        release: async () => {},
      },
      () => recordsOfObject(text),
    );
    read += 1;
    onProgress(`${read} of ${keys.length} objects read`);
  });
}
