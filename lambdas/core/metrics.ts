/** Where the functions' metrics are in CloudWatch. */
export const METRICS_NAMESPACE = 'NexusRawStorage';

/** The dimension that holds the function's name, so that metrics of two deployments in one account are kept apart. */
export const METRICS_DIMENSION = 'FunctionName';

export const METRIC = {
  /** Milliseconds from a change to its event on the bus. */
  eventAge: 'EventAge',
  /** Entries that the bus did not take, and that are tried again. */
  failedEntries: 'FailedEntries',
  tenantSessionHit: 'TenantSessionHit',
  tenantSessionMiss: 'TenantSessionMiss',
  /** Sessions of the tenant role that STS did not give, or that another service refused. */
  tenantSessionFailures: 'TenantSessionFailures',
  /** Rows of the list's index that are not of the tenant who listed. There should be none. */
  foreignRows: 'ForeignRows',
  /** Attempts to fetch the issuer's keys that failed. */
  keyFetchFailures: 'KeyFetchFailures',
} as const;
export type MetricName = (typeof METRIC)[keyof typeof METRIC];

/** CloudWatch drops a line with more values of one metric. */
const MAX_VALUES = 100;

/**
 * Writes values of a metric, in CloudWatch's embedded metric format. It goes past `console`, whose JSON log format would
 * wrap the line and hide the metric in it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function putMetric(name: MetricName, unit: 'Count' | 'Milliseconds', values: readonly number[]): void {
  const metrics = [
    {
      Namespace: METRICS_NAMESPACE,
      Dimensions: [[METRICS_DIMENSION]],
      Metrics: [{ Name: name, Unit: unit }],
    },
  ];
  for (let start = 0; start < values.length; start += MAX_VALUES) {
    const line = {
      _aws: { Timestamp: Date.now(), CloudWatchMetrics: metrics },
      // Set by the Lambda runtime.
      [METRICS_DIMENSION]: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'unknown',
      [name]: values.slice(start, start + MAX_VALUES),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
