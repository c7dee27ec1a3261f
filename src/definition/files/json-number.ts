/** A number of JSON's grammar at an offset: its value and where it ends, or what is wrong with it. */
export type ScannedNumber =
  | { readonly value: number; readonly end: number }
  | { readonly problem: string };

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_LIKE = /[\w.+-]/;
/** More digits than that may be more than a double holds. */
const EXACT_DIGITS = 15;

/** Reads a number and refuses those that a double would change: too large, too small, or of too many digits. */
export function scanNumber(text: string, offset: number): ScannedNumber {
  NUMBER.lastIndex = offset;
  const [digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return { problem: 'a number needs a digit after its sign' };
  const end = offset + digits.length;
  if (NUMBER_LIKE.test(text[end] ?? '')) return { problem: shapeProblem(digits, text[end]) };
  const value = Number(digits);
  const problem = rangeProblem(digits, value);
  return problem === undefined ? { value, end } : { problem };
}

function shapeProblem(digits: string, next: string | undefined): string {
  if (/^-?0$/.test(digits) && /\d/.test(next ?? '')) return 'a number has no zeros in front';
  if (next === '.') return 'a number needs digits after its point';
  return 'this is no number; texts stand in double quotes';
}

/** What a double would change about a number; undefined when nothing. */
export function rangeProblem(digits: string, value: number): string | undefined {
  if (!Number.isFinite(value))
    return 'the number is larger than a number can be (about 1.8e308); write it as a text';
  if (value === 0 && /[1-9]/.test(digits.split(/[eE]/, 1)[0] ?? ''))
    return 'the number is smaller than a number can be (about 5e-324); write it as a text';
  if (digits.length <= EXACT_DIGITS || !/^-?\d+$/.test(digits)) return undefined;
  if (digits === String(value) || BigInt(digits) === BigInt(value)) return undefined;
  return `the number has more digits than a number keeps (it would become ${value}); write it as a text`;
}
