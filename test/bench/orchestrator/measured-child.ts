/** Loaded before a measured process: writes what it used when it ends. */
import { writeFileSync } from 'node:fs'

const path = process.env['RINGZERO_BENCH_USAGE']
process.on('exit', () => {
  if (path !== undefined) writeFileSync(path, JSON.stringify(process.resourceUsage()))
})
