import { createClient, NexusError } from 'nexus-raw-storage/client';

const file = document.querySelector('input') as HTMLInputElement;
const bar = document.querySelector('progress') as HTMLProgressElement;
const said = document.querySelector('output') as HTMLOutputElement;

// A page of yours knows the API's address, and has the token of who is signed in; this one is told both behind its own `#`.
const session = new URLSearchParams(location.hash.slice(1));
const nexus = createClient({
  baseUrl: session.get('api') ?? '',
  token: async () => session.get('token') ?? '',
});

file.addEventListener('change', async () => {
  const [chosen] = file.files ?? [];
  if (chosen === undefined) return;
  try {
    const asset = await nexus.upload(chosen, {
      onProgress: ({ phase, fraction }) => {
        bar.value = fraction;
        said.textContent = `${phase} …`;
      },
    });
    said.textContent = `${asset.filename} is ${asset.asset_id}, SHA-256 ${asset.sha256}`;
  } catch (error) {
    said.textContent = error instanceof NexusError ? `${error.code}: ${error.message}` : String(error);
  }
});
