/**
 * `npm run windows-bench [-- FILE …]`: prepares the Windows bench and runs the tests in it as Windows processes. Ends with 0 when
 * all passed, and where there can be no bench, which is said aloud. `--counts FILE` writes { passed, failed } for who adds them up.
 * `--prepare` prepares alone. `--workers N` is how many files run beside each other; default 2. `--continue FOLDER` keeps what each file
 * came to in the folder: a bench that was interrupted goes on where it was when it is called so again, and its end is the sum of all.
 * `-t PATTERN` runs the tests of such names alone.
 */
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { makePackages } from './make-packages.ts'
import { NoWindowsHost, prepareWindowsHost, type WindowsHost } from './prepare-windows-host.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { runProgram } from '../../src/kit/process.ts'
import { readResults, tellResults, type FileResult } from './read-results.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
/** So long and no longer: the output names the file that hangs. */
const LONGEST_MS = 45 * 60 * 1000

/** In the folder of results. */
const FILES = 'files.jsonl'
/** Of the project house, which looks at the sources alone. */
const HOUSE = new Set(['test/house.test.ts', 'test/unread-fields.test.ts'])

const { values, positionals } = parseArgs({
  options: {
    counts: { type: 'string' },
    prepare: { type: 'boolean' },
    workers: { type: 'string' },
    continue: { type: 'string' },
    testNamePattern: { type: 'string', short: 't' },
  },
  allowPositionals: true,
})
process.exitCode = await main()

async function main(): Promise<number> {
  let host: WindowsHost
  try {
    host = await prepareWindowsHost((line) => console.log(line))
  } catch (error) {
    if (!(error instanceof NoWindowsHost)) throw error
    console.log(
      `NOTHING WAS RUN AS A WINDOWS PROCESS: there is no Windows bench here, because ${error.message}`,
    )
    writeCounts({ passed: 0, failed: 0 })
    return 0
  }
  if (values.prepare === true) return 0
  const kept = values.continue === undefined ? undefined : resolve(values.continue)
  const results = kept ?? mkdtempSync(join(tmpdir(), 'rz-windows-'))
  try {
    if (kept !== undefined) await beginOrGoOn(kept)
    rmSync(join(results, 'packages'), { recursive: true, force: true })
    await makePackages(results)
    const before = endedFiles(results)
    const files = before.length === 0 ? positionals : filesWithout(before)
    const code = before.length > 0 && files.length === 0 ? 0 : await runTests(host, results, files)
    const told = tellResults(endedFiles(results))
    for (const line of told.lines) console.log(line)
    // What broke outside of every test is one failure.
    writeCounts({ passed: told.passed, failed: told.failed === 0 && code !== 0 ? 1 : told.failed })
    if (told.passed + told.failed === 0) console.log('no test ran: see the output of vitest above')
    return code === 0 && told.failed === 0 && told.passed > 0 ? 0 : 1
  } finally {
    if (kept === undefined) rmSync(results, { recursive: true, force: true })
  }
}

/** What came to an end so far. */
function endedFiles(results: string): readonly FileResult[] {
  const file = join(results, FILES)
  return existsSync(file) ? readResults(readFileSync(file, 'utf8')) : []
}

/** Test files of this call that have not passed yet. */
function filesWithout(ended: readonly FileResult[]): readonly string[] {
  const passed = new Set(ended.filter(({ failed }) => failed.length === 0).map(({ file }) => file))
  return globSync('test/**/*.test.ts', { cwd: CHECKOUT })
    .filter((file) => !/\.(?:vm|engine)\.test\.ts$/.test(file) && !HOUSE.has(file) && !passed.has(file))
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
    .toSorted()
}

/** Results of another state of the tree would prove nothing of this one. */
async function beginOrGoOn(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const git = async (...words: string[]): Promise<string> =>
    (await runProgram('git', words, { cwd: CHECKOUT, maximumBytes: 64 * 1024 * 1024 })).stdout.toString()
  const state = sha256((await git('rev-parse', 'HEAD')) + (await git('diff', 'HEAD')))
  const file = join(folder, 'state')
  if (!existsSync(file)) writeFileSync(file, state)
  else if (readFileSync(file, 'utf8') !== state)
    throw new Error(`${folder} has results of another state of this checkout: name another folder`)
}

/** Runs vitest under node.exe; its output goes to ours as it comes. */
async function runTests(host: WindowsHost, results: string, files: readonly string[]): Promise<number> {
  const reference = process.env['RINGZERO_REFERENCE_DATA']
  const scratch = join(homedir(), '.cache', 'ringzero-windows-bench', 'scratch')
  mkdirSync(scratch, { recursive: true })
  const folders = [
    host.tree,
    scratch,
    CHECKOUT,
    join(host.modules, 'node_modules'),
    host.node,
    host.powerShell,
    results,
  ]
  const environment = {
    NO_COLOR: '1',
    RINGZERO_WINDOWS_BENCH: 'Z:\\results',
    RINGZERO_WINDOWS_FILES: `Z:\\results\\${FILES}`,
    RINGZERO_WINDOWS_DRIVE: 'R:\\',
    RINGZERO_POWERSHELL_HOST: 'Z:\\powershell\\powershell.exe',
    ...(reference === undefined ? {} : { RINGZERO_REFERENCE_DATA: 'Z:\\reference' }),
  }
  // A process of its own for each file, and its modules read again, would cost more under Wine than all the tests.
  const cheap = ['--pool=threads', '--no-isolate', `--maxWorkers=${values.workers ?? '2'}`]
  const own = ['./test/windows-host/progress-reporter.ts', './test/support/flaky-tests.ts']
  const reporters = ['default', ...own]
  const vitest = [
    '--project',
    'unit',
    '--project',
    'windows',
    ...cheap,
    // A file waits for its turn on the processors here.
    '--testTimeout=300000',
    '--hookTimeout=300000',
    // As .ci/run does it.
    '--retry.count=1',
    '--retry.condition=^(?!Property.failed)',
    ...reporters.map((reporter) => `--reporter=${reporter}`),
    ...(values.testNamePattern === undefined ? [] : ['-t', values.testNamePattern]),
  ]
  const words = ['node_modules/vitest/vitest.mjs', 'run', ...vitest, ...files]
  // Node for Windows writes to a file; a pipe of Linux is no handle that it knows.
  const drive = 'mkdir /drive && ln -s /drive /root/.wine/dosdevices/r:'
  const command = `${drive} && cd /ringzero && wine /node/node.exe "$@" > /results/output.txt 2>&1`
  const inTree = [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    'sh',
    '-c',
    command,
    'sh',
    ...words,
  ]
  const enter = ['sh', join(import.meta.dirname, 'enter.sh'), ...folders, reference ?? '-']
  rmSync(join(results, 'output.txt'), { force: true })
  const running = execa('unshare', ['--mount', '--pid', '--fork', '--kill-child', ...enter, ...inTree], {
    stdio: 'inherit',
    reject: false,
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  })
  const shown = execa(
    'tail',
    ['-F', '-n', '+1', '-q', `--pid=${running.pid ?? 0}`, join(results, 'output.txt')],
    { stdout: 'inherit', stderr: 'ignore', reject: false },
  )
  const { exitCode } = await running
  await shown
  return exitCode ?? 1
}

function writeCounts(counts: { readonly passed: number; readonly failed: number }): void {
  if (values.counts !== undefined)
    writeFileSync(values.counts, JSON.stringify({ passed: counts.passed, failed: counts.failed }))
}
