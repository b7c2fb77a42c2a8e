import { Construct } from 'constructs';

/** Fails as a program does that has a fault. */
export class Subscriber extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    throw new TypeError('not as it should be');
  }
}
