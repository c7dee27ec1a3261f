import type { FileSystem } from '../../platform/file-system.js';

interface Shared {
  running: Promise<void>;
  next: Promise<void> | undefined;
}

const shared = new WeakMap<FileSystem, Map<string, Shared>>();

/**
 * Makes what was created, renamed or removed directly inside a folder durable. Group commit: who asks
 * while a sync of the folder is in flight shares the next one with all others who do, so that a
 * thousand runs created at once sync `runs/` a few times only.
 */
export function syncFolder(fileSystem: FileSystem, path: string): Promise<void> {
  const folders = shared.get(fileSystem) ?? new Map<string, Shared>();
  shared.set(fileSystem, folders);
  const folder = folders.get(path);
  if (folder === undefined) return start(fileSystem, folders, path);
  // Not the running one: it may have begun before the caller's change.
  folder.next ??= folder.running.then(
    () => start(fileSystem, folders, path),
    () => start(fileSystem, folders, path),
  );
  return folder.next;
}

function start(fileSystem: FileSystem, folders: Map<string, Shared>, path: string): Promise<void> {
  const folder: Shared = { running: fileSystem.syncDir(path), next: undefined };
  folders.set(path, folder);
  const forget = (): void => {
    if (folders.get(path) === folder && folder.next === undefined) folders.delete(path);
  };
  folder.running.then(forget, forget);
  return folder.running;
}
