import { buildFunctions } from '../lib/bundler.ts';

/** Builds the functions' bundles, as a script: `cdk.json` has the CDK's command line run it before it synthesizes. */
await buildFunctions();
