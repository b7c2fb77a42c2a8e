import { bytes, count } from '../../cli/count.ts';
import { differences, type Tally } from './differences.ts';

/** What was compared, and each kind of difference that was found, in a few lines. */
export function summary(tally: Tally): string {
  const { found, told } = tally;
  const orphans = `${count(found.orphan, 'version')} without a record, ${bytes(tally.orphanBytes)}`;
  const lines = [
    `${count(tally.versions, 'version')} (${bytes(tally.bytes)}; ${tally.open.toLocaleString('en')} of uploads that are open) ` +
      `and ${count(tally.records, 'record')} of registered and deleted assets compared`,
    found.orphan > 0 && `${orphans}${told > 0 ? ': settle removes them now' : ''}`,
    found.missing > 0 && `${count(found.missing, 'record')} without its version`,
    found.foreign > 0 && `${count(found.foreign, 'version')} under keys that no form of this service has`,
    found.marker > 0 && `${count(found.marker, 'delete marker')}, which the service never makes`,
    found.unreadable > 0 && `${count(found.unreadable, 'item')} of the table that cannot be read`,
    differences(tally) === 0 && 'Nothing differs.',
  ];
  return lines.filter(Boolean).join('\n');
}
