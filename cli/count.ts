/** `1 event`, `2 events`, `1,200 events` */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** `1.2 GB`, by powers of 1000. */
export function bytes(number: number): string {
  if (number === 1) return '1 byte';
  const power = Math.min(Math.floor(Math.log10(Math.max(number, 1)) / 3), 4);
  const amount = (number / 1000 ** power).toFixed(power === 0 ? 0 : 1);
  return `${amount} ${['bytes', 'KB', 'MB', 'GB', 'TB'][power]}`;
}
