const NAMESPACE = 'NexusRawStorage';

/**
 * Counts one of something, in CloudWatch's embedded metric format. It goes past `console`, whose JSON log format would
 * wrap the line and hide the metric in it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function countMetric(name: string): void {
  const metrics = [{ Namespace: NAMESPACE, Dimensions: [[]], Metrics: [{ Name: name, Unit: 'Count' }] }];
  const line = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: metrics }, [name]: 1 };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
