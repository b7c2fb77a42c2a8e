import * as v from 'valibot';

/** Says in one line what is wrong with a request of the local routes; `names` are those that it may hold. */
export function describeIssue(issue: v.BaseIssue<unknown>, names: readonly string[]): string {
  if (issue.expected === 'never') return `there is no such name; there are ${names.join(', ')}`;
  if (issue.path === undefined) return 'is not a JSON object';
  if (issue.received === 'undefined') return 'is missing';
  return issue.type === 'string' ? 'is not a string' : issue.message;
}

/** The name that an issue is about, as far as it is about one. */
export function pathOf(issue: v.BaseIssue<unknown>): string {
  return v.getDotPath(issue) ?? '';
}
