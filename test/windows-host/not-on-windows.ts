/** Marks tests that cannot hold as Windows processes; the Windows bench prints what was left out with the reasons. */
import { lstatSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestOptions } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    notHere?: string
  }
}

/**
 * Options for `describe` or `it`, given after the name.
 * @param reason what Windows has not, as "unix sockets": it is counted under this text
 */
export function notOnWindows(reason: string): TestOptions {
  return process.platform === 'win32' ? { skip: true, meta: { notHere: reason } } : {}
}

/**
 * Options for tests of something that not every computer has.
 * @param there whether this one has it
 * @param what "a browser": tests that were left out are counted under this text
 */
export function needs(there: boolean, what: string): TestOptions {
  return there ? {} : { skip: true, meta: { notHere: what } }
}

/** For tests of symbolic links: Windows asks for a right to make them, Wine says that it did and makes none. */
export function needsSymbolicLinks(): TestOptions {
  const folder = mkdtempSync(join(tmpdir(), 'rz-link-'))
  try {
    symlinkSync('target', join(folder, 'link'))
    lstatSync(join(folder, 'link'))
    return {}
  } catch {
    return { skip: true, meta: { notHere: 'symbolic links' } }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
