import { Duration } from 'aws-cdk-lib';
import type * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { METRIC, METRICS_DIMENSION, METRICS_NAMESPACE } from '#core/metrics';
import { AlarmTopic } from './alarm-topic.ts';
import type { AssetTable } from './asset-table.ts';
import type { Authorizer } from './authorizer.ts';
import type { Publisher } from './publisher.ts';
import type { RawAssetRule } from './raw-asset-rule.ts';
import { check, SettingError } from './setting-error.ts';
import type { Settle } from './settle.ts';
import type { TenantRole } from './tenant-role.ts';

export interface AlarmSettings {
  /**
   * The address that gets an e-mail when an alarm goes off, and when it ends. AWS asks it to confirm first.
   *
   * @default - nobody
   */
  readonly alarmEmail?: string | undefined;
  /**
   * Actions to take when an alarm goes off, and when it ends, such as an `SnsAction`.
   *
   * @default - nothing: alarms are seen in CloudWatch
   */
  readonly alarmActions?: readonly cloudwatch.IAlarmAction[];
  /**
   * How long a change may wait in the table's stream. Records are given up after 20 hours.
   *
   * @default - 10 minutes
   */
  readonly iteratorAgeThreshold?: Duration;
  /**
   * How old an event may be when it reaches the bus, 99 % of them.
   *
   * @default - a minute
   */
  readonly eventAgeThreshold?: Duration;
  /**
   * The address of the runbook, which each alarm's description gives with the alarm's section: a page that whoever reads
   * the alarm's e-mail can open, with the headings of docs/operations.md.
   *
   * @default 'docs/operations.md' - the file's name in this repository, which no browser opens
   */
  readonly runbookUrl?: string | undefined;
}

export interface AlarmsProps extends AlarmSettings {
  /**
   * The key that encrypts what is sent by e-mail, up to its sending.
   *
   * @default - one of its own
   */
  readonly encryptionKey?: kms.IKey | undefined;
  readonly publisher: Publisher;
  readonly settle: Settle;
  /** Undefined where the tokens are not verified by the service. */
  readonly authorizer?: Authorizer | undefined;
  /** The functions that serve the routes, by name. */
  readonly functions: Readonly<Record<string, lambda.IFunction>>;
  /** Undefined where the API is somebody else's, whose errors are not the service's alone. */
  readonly ownApi?: apigw.IHttpApi | apigw.HttpApi | undefined;
  readonly table: AssetTable;
  readonly tenants: TenantRole;
}

interface AlarmDefinition {
  readonly metric: cloudwatch.IMetric;
  /** One sentence that says what is happening. */
  readonly description: string;
  /** The anchor of its section in docs/operations.md. */
  readonly section: string;
  /** The alarm goes off above it. @default 0 */
  readonly above?: number;
  /** How many of the last periods must be bad. @default - one of one */
  readonly periods?: { readonly bad: number; readonly of: number };
}

/** For failures that are tried again: a single one is no incident. */
const FOR_15_MINUTES = { bad: 3, of: 3 };
/** For failures that do not show in every period: keys are fetched seldom, and clients come and go. */
const TWICE_IN_15_MINUTES = { bad: 2, of: 3 };
/** For single failures that somebody must deal with: the alarm stays on for a day. */
const FOR_A_DAY = { bad: 1, of: 24 };

/** Watches what clients feel, the issuer, and the way of the events to the bus. Each alarm's description gives the address of its section in the runbook. */
export class Alarms extends Construct {
  readonly #actions: readonly cloudwatch.IAlarmAction[];
  readonly #runbookUrl: string;

  /** @throws SettingError for a runbook's address that is none */
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { publisher, authorizer, alarmActions = [], alarmEmail, encryptionKey } = props;
    const { iteratorAgeThreshold = Duration.minutes(10), eventAgeThreshold = Duration.minutes(1) } = props;
    check('alarmEmail', alarmEmail, (email) => /^[^\s@]+@[^\s@]+$/.test(email), 'an e-mail address');
    const email =
      alarmEmail === undefined ? [] : [new AlarmTopic(this, 'Topic', { email: alarmEmail, encryptionKey })];
    this.#actions = [...alarmActions, ...email.map((topic) => new SnsAction(topic))];
    check('runbookUrl', props.runbookUrl, isPage, 'an http or https URL without a fragment');
    this.#runbookUrl = props.runbookUrl ?? 'docs/operations.md';

    this.#watchClients(props);
    this.#watchSettle(props.settle);
    if (authorizer) {
      this.#add('IssuerKeys', {
        metric: authorizer.metricKeyFetchFailures(),
        periods: TWICE_IN_15_MINUTES,
        description:
          "The token issuer's keys cannot be fetched: clients are answered 500, or will be within the hour.",
        section: 'issuer-keys',
      });
    }
    this.#add('IteratorAge', {
      metric: publisher.metricIteratorAge(),
      above: iteratorAgeThreshold.toMilliseconds(),
      periods: FOR_15_MINUTES,
      description: 'Changes wait in the stream of the table: publish-events is behind, or stuck.',
      section: 'iterator-age',
    });
    this.#add('EventAge', {
      metric: publisher.metricEventAge(),
      above: eventAgeThreshold.toMilliseconds(),
      periods: FOR_15_MINUTES,
      description: 'Events reach the bus late.',
      section: 'event-age',
    });
    this.#add('FailedEntries', {
      metric: publisher.metricFailedEntries(),
      periods: FOR_15_MINUTES,
      description: 'The bus refuses events; they are tried again for 20 hours.',
      section: 'failed-entries',
    });
    this.#add('PublisherErrors', {
      metric: publisher.fn.metricErrors(),
      periods: FOR_15_MINUTES,
      description: 'publish-events fails or times out; its batches are tried again for 20 hours.',
      section: 'publisher-errors',
    });
    this.#add('PublisherThrottles', {
      metric: publisher.fn.metricThrottles(),
      periods: FOR_15_MINUTES,
      description: 'publish-events is not run for lack of concurrency.',
      section: 'publisher-throttles',
    });
    this.#add('PoisonQueue', {
      metric: publisher.poisonQueue.metricApproximateNumberOfMessagesVisible(),
      description:
        'The poison queue holds events that could not be published as they are; it keeps them for 14 days.',
      section: 'poison-queue',
    });
    this.#add('GivenUpRecords', {
      metric: publisher.metricGivenUpRecords({ period: Duration.hours(1) }),
      periods: FOR_A_DAY,
      description: 'Records outlasted their retries and went to the failure bucket.',
      section: 'given-up-records',
    });
    this.#add('FailureBucket', {
      metric: publisher.failureBucket.metricObjects(),
      // S3 is late with its count, by a day or so.
      periods: { bad: 1, of: 2 },
      description: 'The failure bucket holds records whose events are not on the bus.',
      section: 'failure-bucket',
    });
    this.#add('DroppedRecords', {
      metric: publisher.metricDroppedRecords({ period: Duration.hours(1) }),
      periods: FOR_A_DAY,
      description:
        'Records outlasted their retries and the failure bucket did not take them: their events are about to be lost.',
      section: 'dropped-records',
    });
  }

  /** Adds the alarms on what clients notice. One failure in five minutes is no incident, several such periods are. */
  #watchClients({ functions, authorizer, ownApi, table, tenants }: AlarmsProps): void {
    if (ownApi) {
      this.#add('ApiErrors', {
        metric: ownApi.metricServerError({ statistic: cloudwatch.Stats.SUM }),
        periods: TWICE_IN_15_MINUTES,
        description: 'The API answers with 5xx.',
        section: 'api-errors',
      });
    }
    for (const [name, fn] of Object.entries({ ...functions, ...(authorizer && { authorizer }) })) {
      this.#add(`${fn.node.id}Errors`, {
        metric: fn.metricErrors(),
        periods: TWICE_IN_15_MINUTES,
        description: `${name} crashes or times out.`,
        section: 'function-errors',
      });
    }
    const assets = functions['assets'];
    if (assets) {
      this.#add('ForeignRows', {
        metric: new cloudwatch.Metric({
          namespace: METRICS_NAMESPACE,
          metricName: METRIC.foreignRows,
          dimensionsMap: { [METRICS_DIMENSION]: assets.functionName },
          statistic: cloudwatch.Stats.SUM,
        }).attachTo(assets),
        description:
          "The list's index held rows that are not of the tenant who listed; they were not answered.",
        section: 'foreign-rows',
      });
    }
    this.#add('TableThrottles', {
      metric: table.metricThrottledCalls(),
      periods: TWICE_IN_15_MINUTES,
      description: 'The table is throttled: clients are answered 503, and events are late.',
      section: 'table-throttles',
    });
    this.#add('TenantSessions', {
      metric: tenants.metricSessionFailures(),
      periods: TWICE_IN_15_MINUTES,
      description: 'Sessions of the tenant role cannot be had, or are refused: clients are answered 503.',
      section: 'tenant-sessions',
    });
  }

  #watchSettle(settle: Settle): void {
    this.#add('SettleErrors', {
      metric: settle.fn.metricErrors(),
      periods: FOR_15_MINUTES,
      description: 'settle fails or times out; its work is tried again.',
      section: 'settle-errors',
    });
    this.#add('SettleQueueAge', {
      metric: settle.metricOldestEvent(),
      above: Duration.hours(1).toSeconds(),
      periods: FOR_15_MINUTES,
      description: 'Uploads wait to be settled: those that register themselves are not registered yet.',
      section: 'settle-queue-age',
    });
    this.#add('SettleIteratorAge', {
      metric: settle.metricIteratorAge(),
      above: Duration.hours(1).toMilliseconds(),
      periods: FOR_15_MINUTES,
      description: 'Ended lives wait to be settled: bytes that nobody records stay, and cost.',
      section: 'settle-iterator-age',
    });
    this.#add('SettleDeadLetters', {
      metric: settle.deadLetterQueue.metricApproximateNumberOfMessagesVisible(),
      description:
        'Events of S3 could not be worked off: an upload that registers itself may not be registered. They are kept for 14 days.',
      section: 'settle-dead-letters',
    });
    this.#add('SettleGivenUpRecords', {
      metric: settle.metricGivenUpRecords({ period: Duration.hours(1) }),
      periods: FOR_A_DAY,
      description: 'Records of ended lives outlasted their retries and went to the failure bucket of settle.',
      section: 'settle-given-up-records',
    });
    this.#add('SettleDroppedRecords', {
      metric: settle.metricDroppedRecords({ period: Duration.hours(1) }),
      periods: FOR_A_DAY,
      description:
        'Records of ended lives outlasted their retries and the failure bucket of settle did not take them: the bytes that they leave behind are about to be forgotten.',
      section: 'settle-dropped-records',
    });
    this.#add('SettleFailureBucket', {
      metric: settle.failureBucket.metricObjects(),
      // S3 is late with its count, by a day or so.
      periods: { bad: 1, of: 2 },
      description:
        'The failure bucket of settle holds records of ended lives whose bytes may still be there.',
      section: 'settle-failure-bucket',
    });
  }

  /**
   * Watches a subscription: for events that could not be handed to its target.
   *
   * @throws SettingError for a rule without a dead-letter queue of its own
   */
  watch(rule: RawAssetRule): cloudwatch.Alarm {
    if (rule.deadLetterQueue === undefined)
      throw new SettingError(`${rule.node.path} has no dead-letter queue of its own to watch`);
    return this.#add(`${rule.node.id}DeadLetters`, {
      metric: rule.deadLetterQueue.metricApproximateNumberOfMessagesVisible(),
      description: `Events could not be handed to the target of ${rule.node.id}.`,
      section: 'dead-letters',
    });
  }

  #add(id: string, { metric, description, section, above = 0, periods }: AlarmDefinition): cloudwatch.Alarm {
    const { bad, of } = periods ?? { bad: 1, of: 1 };
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold: above,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: of,
      datapointsToAlarm: bad,
      // Most metrics have no values while there is no traffic.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `${description} Runbook: ${this.#runbookUrl}#${section}`,
    });
    alarm.addAlarmAction(...this.#actions);
    alarm.addOkAction(...this.#actions);
    return alarm;
  }
}

/** Whether an anchor can be appended to an address. */
function isPage(address: string): boolean {
  return /^https?:[^\s#]+$/.test(address) && URL.canParse(address);
}
