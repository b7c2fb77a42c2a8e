import { AWS_PROFILE } from './aws-profile.ts';

/**
 * The lines of one upload, by the command line and by curl and node. They share the variables `API`, `TOKEN`, `FILE`, `FORM` and
 * `ID`.
 */
export interface CurlSession {
  readonly setup: string;
  readonly push: string;
  readonly presign: string;
  readonly post: string;
  readonly register: string;
  readonly get: string;
  readonly events: string;
}

/** A program for `node -e` that describes a file in JSON: a shell could not quote every file's name. */
const DESCRIBE =
  'f=process.argv[1];fs.createReadStream(f).pipe(require("crypto").createHash("sha256").setEncoding("hex"))' +
  '.on("data",sha256=>console.log(JSON.stringify({filename:path.basename(f),size_bytes:fs.statSync(f).size,sha256})))';

/**
 * An expression for `node -p` that turns a form's `{url, fields}` into a curl config file, whose quoted strings have the
 * escapes of JSON. The file is the form's last field.
 */
const TO_CURL_CONFIG =
  'j=JSON.stringify;[form,f]=process.argv.slice(1);p=JSON.parse(form);["url="+j(p.url),' +
  '...Object.entries(p.fields).map(e=>"form-string="+j(e.join("="))),"form="+j("file=@"+j(f))].join("\\n")';

/** A shell command that asks the issuer at `$API` for a token, for lines that are written before there is one. */
export const TOKEN_BY_CURL =
  '$(curl -sS "$API/_local/token" -H "Content-Type: application/json" -d \'{"tenant_id":"t_demo"}\' | ' +
  "node -p 'JSON.parse(fs.readFileSync(0)).access_token')";

/** Writes the lines for bash. */
export function curlSession({ apiUrl, token }: { apiUrl: string; token: string }): CurlSession {
  const authorized = '-H "Authorization: Bearer $TOKEN"';
  const json = '-H "Content-Type: application/json"';
  return {
    setup: `API=${apiUrl}; TOKEN=${token}; FILE=\${FILE:-README.md}`,
    push: 'export NEXUS_URL=$API NEXUS_TOKEN=$TOKEN; npx nexus push "$FILE"; npx nexus ls',
    presign: `FORM=$(node -e '${DESCRIBE}' -- "$FILE" | curl -sS "$API/nexus/raw/presign-upload" ${authorized} ${json} -d @-)`,
    post: `node -p '${TO_CURL_CONFIG}' -- "$FORM" "$FILE" | curl -sS -K -; echo`,
    register: `ID=$(node -p 'JSON.parse(process.argv[1]).asset_id' -- "$FORM"); curl -sS "$API/nexus/raw/register" ${authorized} ${json} -d "{\\"asset_id\\":\\"$ID\\"}"; echo`,
    get: `curl -sS "$API/nexus/raw/$ID" ${authorized}; echo`,
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

The same by curl: presign, post, register.

${lines.presign}
${lines.post}
${lines.register}

Then read it back, and see its events:

${lines.get}
${lines.events}

Look at what lies behind it with AWS's own tools:

${unset}export ${aws}
aws s3 ls; aws dynamodb list-tables; ${queues}; aws events list-rules --event-bus-name event-bus
`;
}
