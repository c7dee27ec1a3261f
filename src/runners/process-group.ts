/** Sends a signal to a process group (or, with a positive id, to a process); false when there is none, or it is not ours. */
export function sendSignal(id: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(id, signal);
    return true;
  } catch {
    return false; // ESRCH: gone already. EPERM: runs as someone else, e.g. under sudo.
  }
}

/** Sends a signal to every process of the group that `leader` began. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  return sendSignal(-leader, signal);
}
