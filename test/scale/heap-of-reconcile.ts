import { reconcileSimulated } from '../scripts/reconcile/simulated.ts';

/** Reconciles as many simulated assets as the argument says; prints the most heap that was in use after a page, in bytes. */
const collect = globalThis.gc;
if (collect === undefined) throw new Error('run with --expose-gc');
const assets = Number(process.argv[2]);
let pages = 0;
let most = 0;
const tally = await reconcileSimulated(
  { assets, page: 1000 },
  {
    onPage() {
      if (pages++ % 20 > 0) return;
      collect();
      most = Math.max(most, process.memoryUsage().heapUsed);
    },
  },
);
console.log(JSON.stringify({ versions: tally.versions, records: tally.records, heap: most }));
