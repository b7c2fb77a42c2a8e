import { describe, expect, test } from 'vitest';
import { synth } from '../support/synth.ts';
import { REDRIVER, resourcePolicyCases, VERSION_DELETER } from './bucket-policy-cases.ts';
import { failures, policyMatrix } from './matrix.ts';
import type { TemplateJson } from './resolve.ts';
import { readPolicies } from './roles.ts';
import { isAllowed, SimulationError } from './simulate.ts';
import { worldOf } from './world.ts';

const template = synth().toJSON() as TemplateJson;
const policies = readPolicies(template);
const matrix = policyMatrix(worldOf(template));
const cases = Object.values(matrix).flat();

describe('policy matrix', () => {
  test.each(Object.entries(matrix))('%s', async (name, part) => {
    expect(await failures(part, policies)).toEqual([]);
    const allowed = part.filter((one) => one.allowed).length;
    console.info(`policy matrix: ${part.length} cases (${allowed} to be allowed) of ${name}`);
  });

  test('asks for every action that any role holds', () => {
    const asked = new Set(cases.map(({ request }) => request.action));
    const held = [...policies.roles.values()].flatMap((role) =>
      role.policies.flatMap(({ Statement }) => Statement.flatMap(({ Action = [] }) => [Action].flat())),
    );
    expect(held.length).toBeGreaterThan(0);
    expect(held.filter((action) => !asked.has(action))).toEqual([]);
    const trusts = new Set(matrix['who gets a session, with which tags']);
    const distinct = new Set(cases.map((one) => JSON.stringify([one.request, trusts.has(one)])));
    console.info(`policy matrix: ${distinct.size} cases, ${asked.size} actions`);
    expect(distinct.size).toBeGreaterThan(2000);
  });
});

test('versionDeleters may delete versions, and nobody else', async () => {
  const versionDeleters = [VERSION_DELETER];
  const named = synth({ versionDeleters }).toJSON() as TemplateJson;
  const part = resourcePolicyCases(worldOf(named), versionDeleters);
  expect(part.filter((one) => one.allowed).map(({ request }) => request.action)).toContain(
    's3:DeleteObjectVersion',
  );
  expect(await failures(part, readPolicies(named))).toEqual([]);
});

test('redrivers may put events of the service’s source, and nobody else', async () => {
  const redrivers = [REDRIVER];
  const named = synth({ redrivers }).toJSON() as TemplateJson;
  const part = resourcePolicyCases(worldOf(named), [], redrivers);
  expect(part.some(({ allowed, request }) => allowed && request.principal === REDRIVER)).toBe(true);
  expect(await failures(part, readPolicies(named))).toEqual([]);
});

describe('the simulator is believed only if', () => {
  const request = {
    principal: 'arn:aws:iam::111122223333:role/r',
    action: 'dynamodb:Scan',
    resource: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t',
    context: {},
  };
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  } as const;

  test('it takes every policy for version 2012-10-17', async () => {
    for (const Version of ['2008-10-17', undefined]) {
      const old = { Statement: policy.Statement, ...(Version && { Version }) };
      await expect(isAllowed(request, { identity: [old] })).rejects.toThrow(SimulationError);
      await expect(isAllowed(request, { identity: [policy], resource: old })).rejects.toThrow(
        SimulationError,
      );
    }
  });

  test('it knows the action, and the resource as one of its own', async () => {
    for (const wrong of [{ action: 'dynamodb:ScanAll' }, { resource: 'arn:aws:s3:::b' }]) {
      await expect(isAllowed({ ...request, ...wrong }, { identity: [policy] })).rejects.toThrow(
        SimulationError,
      );
    }
  });

  test('it heeds every context key', async () => {
    const context = { 'dynamodb:LeadingKeys': ['t_a#1'] };
    await expect(isAllowed({ ...request, context }, { identity: [policy] })).rejects.toThrow(
      'ignored dynamodb:LeadingKeys',
    );
  });
});
