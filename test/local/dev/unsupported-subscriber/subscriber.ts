import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';

/** Asks for a rule with a schedule, which is not run locally. */
export class Subscriber extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new Rule(this, 'Daily', { schedule: Schedule.rate(Duration.days(1)) });
  }
}
