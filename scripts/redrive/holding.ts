import * as v from 'valibot';

/** An object of the failure bucket or a message of the poison queue. */
export interface Holding {
  readonly kind: 'object' | 'message';
  /** The object's key, the message's id. */
  readonly name: string;
  delete(): Promise<void>;
  /** Lets others see it again, where reading it has hidden it. */
  release(): Promise<void>;
}

/** What is asked of a record, so that it is known whose change it tells of and when. */
const StreamRecord = v.looseObject({
  dynamodb: v.looseObject({
    Keys: v.looseObject({ pk: v.looseObject({ S: v.string() }) }),
    SequenceNumber: v.pipe(v.string(), v.digits()),
  }),
});
export type StreamRecord = v.InferOutput<typeof StreamRecord>;

/** What Lambda writes: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
const InvocationRecord = v.object({
  payload: v.pipe(v.string(), v.parseJson(), v.object({ Records: v.array(StreamRecord) })),
});

/** What `EventPublisher` writes. */
const PoisonMessage = v.object({ record: StreamRecord });

/** The records of an object of the failure bucket. @throws v.ValiError where it is none of Lambda's */
export function recordsOfObject(body: string): readonly StreamRecord[] {
  return v.parse(v.pipe(v.string(), v.parseJson(), InvocationRecord), body).payload.Records;
}

/** The record of a message of the poison queue. @throws v.ValiError where it is none of the publisher's */
export function recordsOfMessage(body: string): readonly StreamRecord[] {
  return [v.parse(v.pipe(v.string(), v.parseJson(), PoisonMessage), body).record];
}
