import { AWS_PROFILE } from './aws-profile.ts';

/**
 * The lines of one upload, by the command line and by curl. They share the variables `API`, `TOKEN`, `AUTH`, `FILE`,
 * `ID`, `BODY` and `FORM`.
 */
export interface CurlSession {
  readonly setup: string;
  readonly push: string;
  readonly describe: string;
  readonly presign: string;
  readonly post: string;
  readonly register: string;
  readonly get: string;
  readonly events: string;
}

/** An expression for `node -p` that describes a file in JSON, under an id: a shell could not quote every file's name. */
const DESCRIBE =
  '[asset_id,f]=process.argv.slice(1);JSON.stringify({asset_id,filename:path.basename(f),' +
  'size_bytes:fs.statSync(f).size,sha256:crypto.hash("sha256",fs.readFileSync(f))})';

/**
 * An expression for `node -p` that turns a form's `{url, fields}` into a curl config file, whose quoted strings have the
 * escapes of JSON. Where there is no form, curl then says that it has no URL.
 */
const TO_CURL_CONFIG =
  'p=JSON.parse(process.argv[1]||"{}");["url="+(p.url??""),' +
  '...Object.entries(p.fields??{}).map(f=>"form-string="+JSON.stringify(f.join("=")))].join("\\n")';

/** A shell command that asks the issuer at `$API` for a token, for lines that are written before there is one. */
export const TOKEN_BY_CURL =
  '$(curl -sS "$API/_local/token" -H "Content-Type: application/json" -d \'{"tenant_id":"t_demo"}\' | ' +
  "node -p 'JSON.parse(fs.readFileSync(0)).access_token')";

/** Writes the lines for bash and zsh, and curl from 7.82. */
export function curlSession({ apiUrl, token }: { apiUrl: string; token: string }): CurlSession {
  const curl = 'curl -sS -H "$AUTH"';
  return {
    setup: `API=${apiUrl}; TOKEN=${token}; AUTH="Authorization: Bearer $TOKEN"; FILE=\${FILE:-README.md}`,
    push: 'export NEXUS_URL=$API NEXUS_TOKEN=$TOKEN; npx nexus push "$FILE"; npx nexus ls',
    describe: `ID=$(node -p 'crypto.randomUUID()'); BODY=$(node -p '${DESCRIBE}' -- $ID "$FILE")`,
    presign: `FORM=$(${curl} --fail-with-body --json "$BODY" "$API/nexus/raw/presign-upload") || echo "$FORM"`,
    // A file from standard input has any name.
    post: `curl -sS -K <(node -p '${TO_CURL_CONFIG}' -- "$FORM") -F file=@- < "$FILE"; echo`,
    register: `${curl} --json "{\\"asset_id\\":\\"$ID\\"}" "$API/nexus/raw/register"; echo`,
    get: `${curl} "$API/nexus/raw/$ID"; echo`,
    events: 'curl -sS "$API/_local/events"; echo',
  };
}

/** The text that is printed once the cloud is up. */
export function banner(cloud: {
  readonly apiUrl: string;
  readonly awsUrl: string;
  readonly token: string;
  /** The path of the config file for AWS's tools. */
  readonly awsConfig: string;
  /** The names of the shell's variables that come before that file. */
  readonly overriding: readonly string[];
}): string {
  const lines = curlSession(cloud);
  // Version 1 of AWS's CLI takes no endpoint from the profile for SQS, and would call AWS itself (aws-cli#8737).
  const queues = `aws sqs list-queues --endpoint-url ${cloud.awsUrl}`;
  const aws = `AWS_CONFIG_FILE='${cloud.awsConfig.replaceAll("'", "'\\''")}' AWS_PROFILE=${AWS_PROFILE}`;
  const unset =
    cloud.overriding.length === 0
      ? ''
      : `unset ${cloud.overriding.join(' ')}  # they would come before the profile\n`;
  return `
Nexus Raw Storage is up. Ctrl-C stops it.

  Page     ${cloud.apiUrl}/
  API      ${cloud.apiUrl}
  AWS      ${cloud.awsUrl}  (S3, DynamoDB, EventBridge, SQS, STS, CloudFormation)
  Events   ${cloud.apiUrl}/_local/events
  Token    for tenant t_demo, in the first line below

Push a file, or a folder, by the command line:

${lines.setup}
${lines.push}

The same by curl: presign, post, register, read.

${lines.describe}
${lines.presign}
${lines.post}
${lines.register}
${lines.get}

Its events:

${lines.events}

Look at what lies behind it with AWS's own tools:

${unset}export ${aws}
aws s3 ls; aws dynamodb list-tables; ${queues}; aws events list-rules --event-bus-name event-bus
`;
}
