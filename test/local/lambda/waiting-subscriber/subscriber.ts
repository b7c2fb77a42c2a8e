export { Subscriber } from '../../../../examples/subscriber/subscriber.ts';
