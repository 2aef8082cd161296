/** What was not looked at, and why: each test file that skips says so, and the end of the run tells all of it once. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Names the file in which the workers leave their lines. */
const VARIABLE = 'RINGZERO_SKIPPED_TESTS'

/** Tells that tests are skipped, with the reason and what would run them; said again at the end of the run. */
export function saySkipped(reason: string): void {
  process.stderr.write(`SKIPPED: ${reason}\n`)
  const file = process.env[VARIABLE]
  if (file !== undefined) appendFileSync(file, `${reason}\n`)
}

/** Vitest's global set-up; what it gives back runs after the last test. */
export default function collectSkipped(): () => void {
  const file = join(mkdtempSync(join(tmpdir(), 'rz-skipped-')), 'reasons')
  process.env[VARIABLE] = file
  return () => {
    const reasons = existsSync(file) ? new Set(readFileSync(file, 'utf8').trimEnd().split('\n')) : []
    for (const reason of reasons) process.stderr.write(`SKIPPED: ${reason}\n`)
    rmSync(dirname(file), { recursive: true, force: true })
  }
}
