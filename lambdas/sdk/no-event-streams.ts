/**
 * Stands in for `@smithy/core/event-streams` in the bundles: no operation that the service calls has an event stream,
 * and the codec is a tenth of what a function would load at start.
 */
export const resolveEventStreamSerdeConfig = <TConfig>(config: TConfig): TConfig => config;
export const eventStreamSerdeProvider = undefined;
