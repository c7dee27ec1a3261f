import { writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileSystem, OpenFile } from './file-system.js';

const FLAGS = { read: 'r', append: 'a+', create: 'ax+' } as const;

/** The machine's file system. Folders are 0700, files 0600. */
export const nodeFileSystem: FileSystem = {
  async makeDir(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async makeNewDir(path) {
    return mkdir(path, { mode: 0o700 }).then(() => true, unless('EEXIST', false));
  },
  async syncDir(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  list: (path) => readdir(path).catch(unless('ENOENT', [])),
  open: async (path, mode) => openFile(await open(path, FLAGS[mode], 0o600)),
  async rewrite(path, bytes, position) {
    const file = await open(path, 'r+');
    try {
      await writeAt(file, bytes, position);
    } finally {
      await file.close();
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  size: (path) => stat(path).then((s) => s.size, unless('ENOENT', undefined)),
};

function openFile(handle: FileHandle): OpenFile {
  return {
    write: (bytes) => writeSync(handle.fd, bytes),
    sync: () => handle.datasync(),
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    truncate: (size) => handle.truncate(size),
    close: () => handle.close(),
  };
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    if (bytesWritten === 0) throw new Error('the system took no bytes');
    at += bytesWritten;
  }
}

/** Turns one expected error code into a value; any other error goes on. */
function unless<T>(code: string, value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === code) return value;
    throw error;
  };
}
