/** @throws Error where the page has no such element */
export function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}`);
  return element as T;
}

/** Text is always text here: a file may have any name. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = '',
  children: readonly Node[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (text !== '') made.textContent = text;
  made.append(...children);
  return made;
}

export function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = element('button', text);
  made.type = 'button';
  made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
}

/** Tells what went wrong, until something goes well. */
export function showProblem(error: unknown): void {
  const problem = byId('problem');
  problem.textContent = error === undefined ? '' : error instanceof Error ? error.message : String(error);
  problem.hidden = error === undefined;
}
