import { afterAll } from 'vitest';
import { removeTemporaryDirectories } from './temporary.ts';

// Set-up files run anew for each file of tests, while modules stay loaded where tests are not isolated from each other.
// Hooks run last to first, so that the tests' own have closed by now what is in these directories.
afterAll(removeTemporaryDirectories);
