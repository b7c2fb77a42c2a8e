/** The part of XMLHttpRequest that uploads use: https://xhr.spec.whatwg.org/ */
declare class XMLHttpRequest {
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
  readonly status: number;
  readonly responseText: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  onloadend: (() => void) | null;
  open(method: string, url: string): void;
  send(body: FormData): void;
  abort(): void;
}

/** https://html.spec.whatwg.org/multipage/workers.html */
declare class Worker {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
  constructor(url: URL, options: { readonly type: 'module' });
  postMessage(message: unknown): void;
  terminate(): void;
}

/** Of a worker itself. */
declare function addEventListener(
  type: 'message',
  listener: (event: { readonly data: unknown }) => void,
): void;
declare function postMessage(message: unknown): void;
