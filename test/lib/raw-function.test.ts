import { describe, expect, test } from 'vitest';
import { FUNCTION_NAMES } from '../../lib/function-names.ts';
import { functionNamed, synth } from '../support/synth.ts';

const template = synth();

describe.each(FUNCTION_NAMES)('%s', (name) => {
  const { properties } = functionNamed(template, name);

  test('runs on Node.js 24 on arm64, untraced', () => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
    expect(properties).not.toHaveProperty('TracingConfig');
  });

  test('logs JSON to a group of its own that keeps a month', () => {
    const { LogFormat, LogGroup } = properties.LoggingConfig;
    expect(LogFormat).toBe('JSON');
    const group = template.findResources('AWS::Logs::LogGroup')[LogGroup.Ref];
    expect(group).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
  });
});

test('each function has its own log group and role', () => {
  const functions = FUNCTION_NAMES.map((name) => functionNamed(template, name).properties);
  expect(new Set(functions.map(({ LoggingConfig }) => LoggingConfig.LogGroup.Ref)).size).toBe(
    FUNCTION_NAMES.length,
  );
  expect(new Set(functions.map(({ Role }) => Role['Fn::GetAtt'][0])).size).toBe(FUNCTION_NAMES.length);
  template.resourceCountIs('AWS::Lambda::Function', FUNCTION_NAMES.length);
});

test.each([
  ['authorizer', 256, 10],
  ['presign-upload', 512, 10],
  ['register', 1024, 25],
  ['assets', 512, 10],
  ['publish-events', 512, 60],
  ['settle', 1024, 120],
] as const)('%s has %i MiB and %i s', (name, memory, seconds) => {
  expect(functionNamed(template, name).properties).toMatchObject({ MemorySize: memory, Timeout: seconds });
});
