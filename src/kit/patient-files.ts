/**
 * Windows refuses to replace, remove or open a file while another program has it open, and virus scanners, indexers and backup
 * programs open every new file for a moment. graceful-fs waits for them in the functions with callbacks; this does it in
 * `node:fs/promises`, for all code of the process.
 */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { asOneFileOperation, systemClock } from './clock.ts'

const LONGEST_WAIT_MS = 10_000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 200

/** Sharing violations. */
const OPEN_ELSEWHERE = ['EBUSY']
/** Windows also answers "access denied" to a rename onto, or a removal of, what somebody has open. */
const IN_THE_WAY = ['EBUSY', 'EPERM', 'EACCES', 'ENOTEMPTY']

/** By function: the codes after which it is tried again. The journal's and the store's files go through these. */
const PATIENT = {
  open: OPEN_ELSEWHERE,
  readFile: OPEN_ELSEWHERE,
  writeFile: OPEN_ELSEWHERE,
  appendFile: OPEN_ELSEWHERE,
  copyFile: OPEN_ELSEWHERE,
  cp: OPEN_ELSEWHERE,
  truncate: OPEN_ELSEWHERE,
  link: OPEN_ELSEWHERE,
  rename: IN_THE_WAY,
  rm: IN_THE_WAY,
  rmdir: IN_THE_WAY,
  unlink: IN_THE_WAY,
} as const

type FileFunction = (...words: unknown[]) => Promise<unknown>

/** Makes the functions wait up to 10 s for other programs; for Windows alone, where a refusal may pass by itself. */
export function waitForOpenFiles(): void {
  const functions = fs as unknown as Record<string, FileFunction>
  for (const [name, codes] of Object.entries(PATIENT)) {
    const plain = functions[name]
    if (plain !== undefined)
      functions[name] = (...words) =>
        asOneFileOperation(() => patiently(name, codes, () => plain.apply(fs, words), words))
  }
  syncBuiltinESMExports()
}

async function patiently(
  name: string,
  codes: readonly string[],
  work: () => Promise<unknown>,
  words: readonly unknown[],
): Promise<unknown> {
  const until = systemClock.now() + LONGEST_WAIT_MS
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined || !codes.includes(code) || systemClock.now() > until) throw error
      if (name === 'rename' && (await isFolder(words[1]))) throw error
    }
    await systemClock.sleep(pause)
  }
}

/** A folder is never replaced: waiting would not help. */
async function isFolder(path: unknown): Promise<boolean> {
  return await fs.stat(path as string).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
