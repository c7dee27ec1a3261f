/**
 * The part of a file system that durability rests on, as a port: the journal, the lock and the run
 * index use nothing else. The real adapter is node-file-system.ts; a simulated one can lose
 * unsynced bytes, tear writes and fail any call.
 */
export interface FileSystem {
  /** Creates a folder with mode 0700, parents included; no error when it is there. Not yet durable: sync the parent. */
  makeDir(path: string): Promise<void>;
  /** Creates one folder with mode 0700; resolves false when it was there already. */
  makeNewDir(path: string): Promise<boolean>;
  /** Removes a folder that is empty; no error when it is not, or not there. */
  removeEmptyDir(path: string): Promise<void>;
  /** Makes creations, renames and removals directly inside `path` durable. */
  syncDir(path: string): Promise<void>;
  /**
   * That a folder is this user's and no other may write in it. `mayBeLink` allows a symbolic link to one. No error when there
   * is none. Throws UnsafeDirError.
   */
  assertOwnDir(path: string, options?: { readonly mayBeLink?: boolean }): Promise<void>;
  /** Names inside a folder; empty when there is no such folder. */
  list(path: string): Promise<string[]>;
  /**
   * Opens a file: `read`, `append` (created with 0600 if missing, every write goes to the end, also
   * readable), or `create` (fails with EEXIST when it is there). Anything but a regular file is refused with
   * UnsafeFileError, a symbolic link to one too; nothing is waited for.
   */
  open(path: string, mode: 'read' | 'append' | 'create'): Promise<OpenFile>;
  /**
   * Writes bytes over those that are there, so that the next sync of the file puts them on disk although
   * the system may believe that they are. Fails with ENOENT when there is no such file.
   */
  rewrite(path: string, bytes: Uint8Array, position: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; no error when it is not there. */
  remove(path: string): Promise<void>;
  /** Size in bytes, or undefined when there is no such file. Throws UnsafeFileError for anything but a regular file. */
  size(path: string): Promise<number | undefined>;
  /** Whether there is no space left where the path is. Absent: not known before a write fails. */
  isFull?(path: string): Promise<boolean>;
}

export interface OpenFile {
  /**
   * Writes at the end, synchronously (into the page cache; it does not wait for the disk), and
   * returns the number of bytes taken, which may be short. Throws what the system says (ENOSPC, EIO).
   */
  write(bytes: Uint8Array): number;
  /** fdatasync: resolves when everything written is on disk. */
  sync(): Promise<void>;
  /** Reads up to `into.length` bytes at `position`; resolves the number read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Whether the path it was opened by still leads to this very file: it, or a folder around it, may have been removed, renamed or replaced. Cheap, and at once. */
  isInPlace(): boolean;
  /** Cuts the file to `size` bytes; durable after the next sync. */
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}
