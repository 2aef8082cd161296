/** Loaded with `--import` before a program: appends the file name of every program that is started to RECORD_PROGRAMS. */
import { ChildProcess } from 'node:child_process'
import childProcess from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const record = (file) => appendFileSync(process.env.RECORD_PROGRAMS, `${file}\n`)
const { spawn } = ChildProcess.prototype
ChildProcess.prototype.spawn = function (options) {
  record(options.file)
  return spawn.call(this, options)
}
for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
  const plain = childProcess[name]
  childProcess[name] = (file, ...words) => {
    record(file)
    return plain(file, ...words)
  }
}
syncBuiltinESMExports()
