import type { Answer, FormToSend } from './form.ts';

/**
 * Sends a form: in a page by XMLHttpRequest, since `fetch` tells nothing of how far it is.
 *
 * @throws Error where the connection fails
 */
export async function sendForm({ url, fields, blob, onBytes, signal }: FormToSend): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', blob, 'file');
  // Workers of services have none.
  if (typeof XMLHttpRequest === 'undefined') {
    const response = await fetch(url, { method: 'POST', body: form, signal });
    return { status: response.status, text: await response.text() };
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = () => reject(new Error('no answer'));
    request.upload.onprogress = ({ loaded }) => onBytes(Math.min(loaded, blob.size));
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = fail;
    request.onabort = fail;
    request.onloadend = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    request.open('POST', url);
    request.send(form);
  });
}
