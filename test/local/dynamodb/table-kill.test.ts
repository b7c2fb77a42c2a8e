import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DEFINITION, makeDir, openThings } from './table-definition.ts';

const KILLS = 5;

test(`killed ${KILLS} times while it writes, a table loses no record and makes none up`, async () => {
  const dir = makeDir();
  const acknowledged = new Map<string, number>();
  for (let kills = 0; kills < KILLS; kills++) {
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'table-writer.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    writer.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    await once(writer.stdout, 'data');
    await sleep(Math.random() * 150);
    writer.kill('SIGKILL');
    await once(writer, 'close');
    for (const line of output.split('\n').slice(0, -1)) {
      const [pk = '', n] = line.split(' ');
      acknowledged.set(pk, Number(n));
    }
  }

  const table = await openThings(dir);
  for (const pk of ['a', 'b', 'c', 'd']) {
    const records = table.stream.undelivered().filter(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S === pk);
    const news = records.map(({ dynamodb }) => Number(dynamodb?.NewImage?.['n']?.N));
    const olds = records.map(({ dynamodb }) => Number(dynamodb?.OldImage?.['n']?.N ?? 0));
    expect(news).toEqual(news.map((_, index) => index + 1));
    expect(olds).toEqual(news.map((_, index) => index));
    expect(news.length).toBeGreaterThanOrEqual(acknowledged.get(pk) ?? Number.NaN);
    const Key = { pk: { S: pk } };
    expect(await table.handle('GetItem', { TableName: DEFINITION.name, Key })).toEqual({
      Item: { ...Key, n: { N: String(news.length) } },
    });
  }
  await table.close();
});
