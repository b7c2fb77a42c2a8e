import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { METRIC, putMetric } from '#core/metrics';

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'publish-events');
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('values are one line of the embedded metric format, by the function’s name', () => {
  const before = Date.now();
  putMetric(METRIC.eventAge, 'Milliseconds', [5, 7]);
  expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
  const { _aws, ...rest } = JSON.parse(lines[0] ?? '');
  expect(rest).toEqual({ FunctionName: 'publish-events', EventAge: [5, 7] });
  expect(_aws.CloudWatchMetrics).toEqual([
    {
      Namespace: 'NexusRawStorage',
      Dimensions: [['FunctionName']],
      Metrics: [{ Name: 'EventAge', Unit: 'Milliseconds' }],
    },
  ]);
  expect(_aws.Timestamp).toBeGreaterThanOrEqual(before);
});

test('more values than a line may have are several lines, and none is none', () => {
  const values = Array.from({ length: 201 }, (_, index) => index);
  putMetric(METRIC.eventAge, 'Milliseconds', values);
  const written = lines.map((line) => JSON.parse(line).EventAge);
  expect(written.map(({ length }) => length)).toEqual([100, 100, 1]);
  expect(written.flat()).toEqual(values);
  putMetric(METRIC.eventAge, 'Milliseconds', []);
  expect(lines).toHaveLength(3);
});
