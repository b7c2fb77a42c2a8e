/** @returns what is aborted by the first Ctrl-C, for the reason `message`; the second one waits for nothing */
export function interruption(message: string): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    controller.abort(new Error(message));
    process.once('SIGINT', () => process.exit(130));
  });
  return controller.signal;
}
