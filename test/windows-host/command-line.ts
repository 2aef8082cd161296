/** The built command line as Windows processes, on a lab of simulated machines. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runProgram, startProgram, type Running } from '../../src/kit/process.ts'

/** The built command line. */
export const MAIN = resolve(import.meta.dirname, '../../dist/main.js')
const ENVIRONMENT = { CI: 'true', NO_COLOR: '1' }

export interface CommandLine {
  readonly folder: string
  /** The words of a whole run into this folder. */
  run(runFolder: string): readonly string[]
  /** Runs a command to its end. */
  end(
    ...words: readonly string[]
  ): Promise<{ readonly code: number | undefined; readonly out: string; readonly err: string }>
  /** Starts a command and lets it work. */
  start(...words: readonly string[]): Promise<Running>
}

/** @param folder where matrix, lab and candidate are written; default a temporary one */
export function commandLine(folder = mkdtempSync(join(tmpdir(), 'rz-windows-'))): CommandLine {
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  mkdirSync(join(folder, 'update'), { recursive: true })
  put('update/x.dat', 'content')
  const sha256 = createHash('sha256').update('content').digest('hex')
  put(
    'update/candidate.yaml',
    `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256}}]\nrecipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
  )
  put(
    'matrix.yaml',
    'version: 1\nid: small\naxes:\n  cpu: {values: [{id: plain, machine: {cpu: {model: qemu64}}}, {id: avx, machine: {cpu: {model: max}}}]}\n  memory: {values: [{id: low, machine: {memoryMiB: 256}}, {id: high, machine: {memoryMiB: 512}}]}\ndefaults: {image: micro}\n',
  )
  const faults = '[{when: {configuration: {cpu: avx}}, behaviour: boot-loop}]'
  put(
    'lab.yaml',
    `version: 1\nhosts:\n  - {name: sim, provider: simulated, capacity: {vcpus: 8, memoryMiB: 32768, machines: 8}, options: {faults: ${faults}}}\nimages:\n  - {id: micro, kind: linux-micro, os: linux}\n`,
  )
  return {
    folder,
    run: (runFolder) => [
      'run',
      'matrix.yaml',
      '--candidate',
      'update',
      '--keep-going',
      '--run-dir',
      runFolder,
    ],
    async end(...words) {
      const done = await runProgram(process.execPath, [MAIN, ...words], {
        cwd: folder,
        environment: ENVIRONMENT,
      })
      return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString() }
    },
    start: (...words) =>
      startProgram(process.execPath, [MAIN, ...words], { cwd: folder, environment: ENVIRONMENT }),
  }
}
