import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Services by how a request names them; what names none is S3's. */
const TARGETS = { DynamoDB_20120810: 'dynamodb', AWSEvents: 'eventbridge', AmazonSQS: 'sqs' } as const;
export type Service = 's3' | 'sts' | (typeof TARGETS)[keyof typeof TARGETS];

/** How each service answers the call that comes before the one that is refused. */
export interface Answers {
  /** Bodies of JSON, by service. */
  readonly json: Readonly<Partial<Record<Service, object>>>;
  /** Headers of S3's answer to HEAD, which has no body. */
  readonly head: Readonly<Record<string, string>>;
}

const CREDENTIALS = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>id</AccessKeyId>
  <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>
  <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

/** An endpoint of AWS that answers what one service is asked with an error of any code, in that service's own protocol. */
export async function startRefusingAws({ json, head }: Answers) {
  let refusal: { readonly service: Service; readonly code: string } | undefined;
  const server = createServer(async (request, response) => {
    await text(request);
    const service = serviceOf(request);
    const code = service === refusal?.service ? refusal.code : undefined;
    if (service === 's3') answerS3(request, response, code);
    else if (service === 'sts') {
      const error = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`;
      response.writeHead(code ? 400 : 200, { 'content-type': 'text/xml' }).end(code ? error : CREDENTIALS);
    } else {
      const body = code ? { __type: `com.amazonaws.${service}#${code}` } : (json[service] ?? {});
      response.writeHead(code ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(body));
    }
  });

  function answerS3({ method }: IncomingMessage, response: ServerResponse, code?: string): void {
    if (method === 'HEAD') response.writeHead(200, head).end();
    else response.writeHead(400).end(`<Error><Code>${code}</Code></Error>`);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on, this service refuses with this code, and the others with none. */
    refuse(service: Service, code: string): void {
      refusal = { service, code };
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function serviceOf({ headers }: IncomingMessage): Service {
  const [target] = String(headers['x-amz-target']).split('.');
  if (target !== undefined && target in TARGETS) return TARGETS[target as keyof typeof TARGETS];
  return headers['content-type'] === 'application/x-www-form-urlencoded' ? 'sts' : 's3';
}
