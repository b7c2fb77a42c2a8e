/**
 * Stands in for `@smithy/core/event-streams` in the bundles: no operation that the service calls has an event stream,
 * and the codec is 7 KB of a zipped bundle.
 */
export const resolveEventStreamSerdeConfig = <TConfig>(config: TConfig): TConfig => config;
export const eventStreamSerdeProvider = undefined;
