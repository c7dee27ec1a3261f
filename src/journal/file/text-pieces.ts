/** Characters of a piece. */
const PIECE = 1024 * 1024;

/**
 * A text in pieces, none of which ends within a character of two units: so that one of a hundred megabytes need not be there once
 * more as bytes. A short text is one piece.
 */
export function* textPieces(text: string): Generator<string, void, void> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + PIECE, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
    yield text.slice(at, end);
    at = end;
  }
}

/** The same as UTF-8, each good until the next is asked for. */
export function* bytePieces(text: string): Generator<Uint8Array, void, void> {
  const buffer = Buffer.allocUnsafe(3 * PIECE); // UTF-8 takes at most three bytes a unit
  for (const piece of textPieces(text)) yield buffer.subarray(0, buffer.write(piece));
}

/** Whether the text is one piece. */
export function isOnePiece(text: string): boolean {
  return text.length <= PIECE;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
