import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC as proc(5) writes it: such a descriptor ends with the program that has it. */
const CLOSE_ON_EXEC = 0o2000000;
const LAST_STDIO = 2;

/**
 * Descriptors beside standard input, output and error that a program started from here would inherit. Node keeps its own
 * to itself, and those that it was started with only as far as they are low numbers. None where there is no /proc.
 */
export function inheritedDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => fd > LAST_STDIO && isInheritable(fd));
  } catch {
    return [];
  }
}

/** The number that no new descriptor can have (RLIMIT_NOFILE); it may have come down since some were opened. */
function descriptorLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const [, limit] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Closes all of them but those to be kept: for programs of ours, which have no others of that kind. */
export function closeInherited(kept: readonly number[] = []): void {
  for (const fd of inheritedDescriptors()) if (!kept.includes(fd)) closeSync(fd);
}

function isInheritable(fd: number): boolean {
  try {
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'),
    ) ?? [undefined, undefined];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false; // it was the folder's own
  }
}

/** Those of this program, as it was started: to look each time would cost a program with many connections more than the start. */
let ofThisProgram: ReadonlySet<number> | undefined;

/** Those that can be replaced in a child: libuv fails (EINVAL) when told of one that is not below the limit. */
function closable(): number[] {
  const inherited = inheritedDescriptors();
  if (inherited.length === 0) return [];
  const limit = descriptorLimit();
  return inherited.filter((fd) => fd + 1 < limit);
}

/**
 * Calls `use` with what a program is to be started with, so that it inherits nothing of the {@link inheritedDescriptors}: another
 * program's can't be closed before it starts, but each leads nowhere in it.
 */
export function withoutInherited<T>(
  stdio: readonly number[],
  use: (all: readonly (number | 'ignore')[]) => T,
): T {
  ofThisProgram ??= new Set(closable());
  if (ofThisProgram.size === 0) return use(stdio);
  const inherited = ofThisProgram;
  const nothing = openSync('/dev/null', 'r');
  try {
    const length = Math.max(...inherited) + 1;
    const all = Array.from({ length }, (_, fd) => {
      return stdio[fd] ?? (inherited.has(fd) ? nothing : 'ignore');
    });
    return use(all);
  } finally {
    closeSync(nothing);
  }
}
