import * as v from 'valibot';

/** An object of the failure bucket, or a message of the poison queue: stream records whose events are not on the bus. */
export interface DeadLetter {
  readonly kind: 'object' | 'message';
  /** The object's key or the message's id. */
  readonly name: string;
  delete(): Promise<void>;
  /** Ends a message's visibility timeout, so that others can receive it again. */
  release(): Promise<void>;
}

/** The parts of a stream record that say which item changed, and in which order. */
const StreamRecord = v.looseObject({
  dynamodb: v.looseObject({
    Keys: v.looseObject({ pk: v.looseObject({ S: v.string() }) }),
    SequenceNumber: v.pipe(v.string(), v.digits()),
  }),
});
export type StreamRecord = v.InferOutput<typeof StreamRecord>;

/** The object that Lambda writes for a batch that it discards: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
const InvocationRecord = v.object({
  payload: v.pipe(v.string(), v.parseJson(), v.object({ Records: v.array(StreamRecord) })),
});

/** The message that `EventPublisher` writes. */
const PoisonMessage = v.object({ record: StreamRecord });

/** The records of an object of the failure bucket. @throws v.ValiError if Lambda did not write it */
export function recordsOfObject(body: string): readonly StreamRecord[] {
  return v.parse(v.pipe(v.string(), v.parseJson(), InvocationRecord), body).payload.Records;
}

/** The record of a message of the poison queue. @throws v.ValiError if `EventPublisher` did not write it */
export function recordsOfMessage(body: string): readonly StreamRecord[] {
  return [v.parse(v.pipe(v.string(), v.parseJson(), PoisonMessage), body).record];
}
