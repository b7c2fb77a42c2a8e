import { createServer } from 'node:http';
import { createClient, NexusError } from 'nexus-raw-storage/client';

/** A server that makes a report, keeps it, and sends whoever asks to its download. */
const { NEXUS_URL = '', NEXUS_TOKEN = '', PORT = '8080' } = process.env;

// A server of yours asks its issuer for a token, and again shortly before it ends.
const nexus = createClient({ baseUrl: NEXUS_URL, token: async () => NEXUS_TOKEN });

async function report(): Promise<string> {
  const rows = ['month,files', ...['January', 'February'].map((month, at) => `${month},${at + 1}`)];
  const csv = new Blob([rows.join('\n')], { type: 'text/csv' });
  const { asset_id } = await nexus.upload(csv, { filename: 'report.csv', metadata: { made_by: 'server' } });
  const { url } = await nexus.download(asset_id);
  return url;
}

const server = createServer(async (request, response) => {
  if (request.url !== '/report') return void response.writeHead(404).end();
  try {
    response.writeHead(303, { location: await report() }).end();
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    response.writeHead(502, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: error.code, request_id: error.requestId, message: error.message }));
  }
});
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}/report`);
});
