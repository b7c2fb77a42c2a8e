import type { TestProject } from 'vitest/node';
import { buildFunctions } from '../../lib/bundler.ts';

/** Runs before all tests, and before each rerun where vitest watches: no test meets the bundles of earlier sources. */
export default async function setup(project: TestProject): Promise<void> {
  await buildFunctions();
  project.onTestsRerun(() => buildFunctions());
}
