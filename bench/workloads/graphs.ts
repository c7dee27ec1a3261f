import { Lengths } from './lengths.js';

/** A task of a workload: what it needs, and how long it runs, whole ms. */
export interface Job {
  readonly id: string;
  readonly needs: readonly string[];
  readonly ms: number;
}

/** A workflow as science runs it. */
export interface Workload {
  readonly name: string;
  readonly jobs: readonly Job[];
}

/**
 * Graphs shaped like four workflows that others measure schedulers by, of about so many tasks. Times are
 * drawn around what is plausible for each kind of task, the same at each call: they are no recorded traces.
 */
export const WORKLOADS: readonly ((size: number) => Workload)[] = [
  montage,
  epigenomics,
  thousandGenomes,
  rnaSeq,
];

/** Collects jobs; `add` gives the id back, to be needed. */
class Draft {
  readonly jobs: Job[] = [];
  readonly #lengths = new Lengths();

  add(id: string, needs: readonly string[], meanSeconds: number, spread = 0.3): string {
    this.jobs.push({ id, needs, ms: this.#lengths.drawMs(meanSeconds, spread) });
    return id;
  }
}

function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

/** A mosaic of the sky: many short tasks, and four long ones that all others wait for. */
function montage(size: number): Workload {
  const draft = new Draft();
  const images = Math.max(2, Math.round((size - 6) / 4.5));
  const projected = times(images, (n) => draft.add(`project-${n}`, [], 1.7));
  const overlaps = times(images, (n) => [1, 2, 3].map((by) => [n, n + by] as const))
    .flat()
    .filter(([, other], i) => other < images && (i % 3 < 2 || i % 6 === 2));
  const fits = overlaps.map(([a, b]) =>
    draft.add(`diff-${a}-${b}`, [`project-${a}`, `project-${b}`], 0.7),
  );
  const concat = draft.add('concat', fits, 0.02 * fits.length);
  const model = draft.add('model', [concat], 0.06 * fits.length);
  const corrected = projected.map((image, n) => draft.add(`background-${n}`, [image, model], 1.7));
  const table = draft.add('table', corrected, 2.6);
  const added = draft.add('add', [table, ...corrected], 0.13 * images);
  draft.add('jpeg', [draft.add('shrink', [added], 0.03 * images)], 0.6);
  return { name: 'Montage', jobs: draft.jobs };
}

/** Sequencing lanes: pipelines of four side by side, one of whose steps takes nearly all the time. */
function epigenomics(size: number): Workload {
  const draft = new Draft();
  const lanes = Math.max(1, Math.min(7, Math.round(size / 100)));
  const chunks = Math.max(1, Math.round((size - 3 - 2 * lanes) / (4 * lanes)));
  const merged = times(lanes, (lane) => {
    const split = draft.add(`split-${lane}`, [], 34);
    const mapped = times(chunks, (n) => {
      const at = `${lane}-${n}`;
      const filtered = draft.add(`filter-${at}`, [split], 2.5);
      const sanger = draft.add(`sanger-${at}`, [filtered], 0.5);
      return draft.add(`map-${at}`, [draft.add(`binary-${at}`, [sanger], 1.4)], 202, 0.5);
    });
    return draft.add(`merge-${lane}`, mapped, 11);
  });
  const all = draft.add('merge', merged, 11);
  draft.add('pileup', [draft.add('index', [all], 44)], 56);
  return { name: 'Epigenomics', jobs: draft.jobs };
}

/** Chromosomes: individuals are cut up and merged, then each population is looked at twice. */
function thousandGenomes(size: number): Workload {
  const draft = new Draft();
  const populations = 7;
  const chromosomes = Math.max(1, Math.min(22, Math.round(size / 56)));
  const parts = Math.max(1, Math.round(size / chromosomes - 2 - 2 * populations));
  for (let c = 0; c < chromosomes; c++) {
    const individuals = times(parts, (n) => draft.add(`individuals-${c}-${n}`, [], 90, 0.4));
    const merged = draft.add(`merge-${c}`, individuals, 3 * parts);
    const sifted = draft.add(`sift-${c}`, [], 15);
    for (let p = 0; p < populations; p++) {
      draft.add(`overlap-${c}-${p}`, [merged, sifted], 40, 0.6);
      draft.add(`frequency-${c}-${p}`, [merged, sifted], 170, 0.6);
    }
  }
  return { name: '1000Genome', jobs: draft.jobs };
}

/** Samples: a long pipeline each with side branches, and reports over all. */
function rnaSeq(size: number): Workload {
  const draft = new Draft();
  const samples = Math.max(1, Math.round((size - 3) / 10));
  const each = times(samples, (n) => {
    const fetched = draft.add(`fetch-${n}`, [], 60, 0.8);
    const checked = draft.add(`fastqc-${n}`, [fetched], 90);
    const trimmed = draft.add(`trim-${n}`, [fetched], 150);
    const again = draft.add(`fastqc-trimmed-${n}`, [trimmed], 80);
    const sorted = draft.add(`sort-${n}`, [draft.add(`align-${n}`, [trimmed], 900, 0.6)], 120);
    const marked = draft.add(`duplicates-${n}`, [sorted], 200);
    const indexed = draft.add(`index-${n}`, [marked], 20);
    const counted = draft.add(`count-${n}`, [marked], 110);
    const quality = draft.add(`quality-${n}`, [indexed], 240, 0.5);
    return { counted, reports: [checked, again, quality] };
  });
  const matrix = draft.add(
    'matrix',
    each.map(({ counted }) => counted),
    30,
  );
  const difference = draft.add('difference', [matrix], 180);
  draft.add('report', [difference, ...each.flatMap(({ reports }) => reports)], 60);
  return { name: 'RNA-seq', jobs: draft.jobs };
}
