/** Printable, and neither escaped nor quoted anywhere a redacted text may stand. */
const SYMBOLS = '*#~|?!^;:@_.';

/**
 * What stands in a secret's place: `[secret NAME]`, unless with the text around it, or by itself, that
 * could make up one of `needles` (a password `secret`, say): then a symbol that is in none of them.
 */
export function markFor(name: string, needles: readonly string[]): string {
  const named = `[secret ${name}]`;
  if (!needles.some((needle) => touches(named, needle))) return named;
  const symbol = [...SYMBOLS].find((it) => !needles.some((needle) => needle.includes(it)));
  return symbol?.repeat(3) ?? '';
}

/** Whether a text in which `mark` stands can hold `needle` by using part of the mark. */
function touches(mark: string, needle: string): boolean {
  if (mark.includes(needle) || needle.includes(mark)) return true;
  for (let n = 1; n < Math.min(mark.length, needle.length); n++) {
    if (needle.startsWith(mark.slice(-n)) || needle.endsWith(mark.slice(0, n))) return true;
  }
  return false;
}
