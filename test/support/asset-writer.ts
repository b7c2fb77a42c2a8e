import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type AssetRecord, partitionKey, toItem } from '#core/assets/asset-record';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import type { Cloud } from '../../local/cloud.ts';
import type { StreamLog } from '../../local/dynamodb/stream-log.ts';
import { presignedRecord, registeredRecord } from './asset-records.ts';

/** Makes the changes of presign and register in a cloud's table, without uploads, and keeps what it has made. */
export class AssetWriter {
  readonly changes: AssetRecord[] = [];
  /** The table's, which publish-events reads. */
  readonly log: StreamLog;
  readonly #client: DynamoDBClient;
  readonly #assets: DynamoDbAssetRepository;

  constructor({ services, iam, region, awsUrl, names }: Cloud) {
    const table = services.dynamodb.tables.get(names.table);
    if (table === undefined) throw new Error('The cloud has no asset table');
    this.log = table.stream;
    this.#client = new DynamoDBClient({ region, endpoint: awsUrl, credentials: iam.administrator });
    this.#assets = new DynamoDbAssetRepository(this.#client, names.table);
  }

  /** Presigns and registers an asset. @returns its two changes */
  async write(presigned = presignedRecord()): Promise<readonly [AssetRecord, AssetRecord]> {
    const registered = registeredRecord(presigned);
    if (!(await this.#assets.create(presigned)).written) throw new Error('The asset was there before');
    this.changes.push(presigned);
    if (!(await this.#assets.replace(presigned, registered)).written) {
      throw new Error('The asset was not there to be registered');
    }
    this.changes.push(registered);
    return [presigned, registered];
  }

  /** Writes so many assets, several at a time. */
  async writeMany(count: number): Promise<void> {
    let left = count;
    const work = async () => {
      while (left-- > 0) await this.write();
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }

  /** Puts an asset's changes in the table's stream at once, without the table: its writes take milliseconds each. */
  stream(presigned = presignedRecord()): readonly [AssetRecord, AssetRecord] {
    const registered = registeredRecord(presigned);
    const keys = marshall({ pk: partitionKey(presigned.asset) });
    const old = marshall(toItem(presigned));
    this.log.intend({ keys });
    this.log.settle(old);
    this.log.intend({ keys, old });
    this.log.settle(marshall(toItem(registered)));
    this.changes.push(presigned, registered);
    return [presigned, registered];
  }

  streamMany(count: number): void {
    for (let left = count; left > 0; left--) this.stream();
  }

  close(): void {
    this.#client.destroy();
  }
}
