import { type Client, createClient } from '../client/index.ts';
import { listAssets, showMore } from './assets.ts';
import { byId, showProblem } from './dom.ts';
import { droppedFiles } from './dropped-files.ts';
import { showEvents } from './events.ts';
import { baseUrl, switchTenant, token } from './session.ts';
import { uploadFiles } from './uploads.ts';

const tenant = byId<HTMLInputElement>('tenant');
let client: Client;
let stopEvents = () => {};
let openings = 0;

/** Begins anew, as another tenant. */
async function open(): Promise<void> {
  const opening = ++openings;
  switchTenant(tenant.value.trim());
  client = createClient({ baseUrl, token });
  stopEvents();
  byId('uploads').replaceChildren();
  try {
    await client.whoami();
    // Another tenant was switched to meanwhile.
    if (opening !== openings) return;
    showProblem(undefined);
    stopEvents = showEvents();
    await listAssets(client);
  } catch (error) {
    if (opening === openings) showProblem(error);
  }
}

let isListing = false;

/** Lists again soon: many files may be registered at about the same time. */
function listSoon(): void {
  if (isListing) return;
  isListing = true;
  setTimeout(() => {
    isListing = false;
    void listAssets(client);
  }, 300);
}

const upload = (files: Iterable<File>) => uploadFiles(client, files, listSoon);

function onSubmit(id: string, act: () => void): void {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    act();
  });
}

onSubmit('tenant-form', () => void open());
onSubmit('filter', () => void listAssets(client));
byId('more').addEventListener('click', () => void showMore(client));
for (const id of ['files', 'folder']) {
  const input = byId<HTMLInputElement>(id);
  input.addEventListener('change', () => {
    upload([...(input.files ?? [])]);
    input.value = '';
  });
}

const drop = byId('drop');
for (const type of ['dragover', 'dragleave', 'drop'] as const) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', type === 'dragover');
  });
}
drop.addEventListener('drop', ({ dataTransfer }) => {
  if (dataTransfer !== null) droppedFiles(dataTransfer.items).then(upload, showProblem);
});

await open();
