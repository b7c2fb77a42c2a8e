export interface Progress {
  readonly phase: 'hashing' | 'uploading' | 'registering';
  /** Bytes of this phase. */
  readonly loaded: number;
  readonly total: number;
  /** Of all phases, from 0 to 1: it never goes backwards, whatever is tried again. */
  readonly fraction: number;
}

/** How much of the whole each phase is taken to be. */
const SHARES = { hashing: 0.1, uploading: 0.85, registering: 0.05 } as const;

const BEFORE = {
  hashing: 0,
  uploading: SHARES.hashing,
  registering: SHARES.hashing + SHARES.uploading,
} as const;

/** @returns what tells of bytes of a phase, and keeps the fraction from going backwards */
export function reporter(
  total: number,
  onProgress: ((progress: Progress) => void) | undefined,
): (phase: Progress['phase'], loaded: number) => void {
  let furthest = 0;
  return (phase, loaded) => {
    const share = total === 0 ? 1 : Math.min(loaded / total, 1);
    furthest = Math.max(furthest, BEFORE[phase] + SHARES[phase] * share);
    onProgress?.({ phase, loaded: Math.min(loaded, total), total, fraction: Math.min(furthest, 1) });
  };
}
