/** Runs every reporter over frozen data. A reporter that throws does not stop the others, and fails the run at its end. */
import { appendFile, open, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { runFolderPaths } from '../record/run-folder.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { pauser } from '../kit/pause.ts'
import { AppError, asAppError } from '../model/errors.ts'
import type { Gate, Report } from '../model/report.ts'
import type { Context } from '../sdk/context.ts'
import type { OutputFolder, Reporter } from '../sdk/reporter.ts'

export interface WriteReportsRequest {
  readonly runFolder: string
  readonly report: Report
  readonly gate: Gate
  readonly reporters: readonly Reporter[]
  /** The file that GitHub Actions names in GITHUB_STEP_SUMMARY; the Markdown summary is added to it. */
  readonly stepSummary?: string
}

export interface WrittenReports {
  /** Absolute paths. */
  readonly files: readonly string[]
  /** All reporters that broke, as one error to end the run with (fault `plugin`, exit 4). */
  readonly broken: AppError | undefined
}

/** Writes into `report/` of the run folder. Rejects for nothing that a reporter does, only when the signal aborts. */
export async function writeReports(request: WriteReportsRequest, ctx: Context): Promise<WrittenReports> {
  const report = await frozenReport(request.report, ctx.signal)
  const gate = deepFreeze(request.gate)
  const files: string[] = []
  const failures: AppError[] = []
  for (const reporter of request.reporters) {
    const output = outputFolder(request.runFolder, ctx.signal, async (name, path) => {
      files.push(path)
      if (name === 'summary.md' && reporter.name === 'markdown' && request.stepSummary !== undefined)
        await appendFile(request.stepSummary, await readFile(path))
    })
    try {
      await reporter.write?.(report, gate, output, ctx)
    } catch (error) {
      ctx.signal.throwIfAborted()
      const cause = asAppError(error)
      ctx.log.log('error', `the reporter ${reporter.name} broke: ${cause.message}`)
      failures.push(
        new AppError('REPORTER_FAILED', 'plugin', `the reporter ${reporter.name} broke: ${cause.message}`, {
          cause,
        }),
      )
    }
  }
  await removeOldParts(runFolderPaths(request.runFolder).report, new Set(files))
  return { files, broken: sumUp(failures) }
}

/** A report that was in more parts before: `junit-3.xml` is removed when `junit.xml` was written and it was not. */
async function removeOldParts(folder: string, written: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const whole = /^(.+)-\d+(\.\w+)$/.exec(name)
    if (whole === null || written.has(join(folder, name))) continue
    if (written.has(join(folder, `${whole[1]}${whole[2]}`))) await rm(join(folder, name), { force: true })
  }
}

function sumUp(failures: readonly AppError[]): AppError | undefined {
  const [first] = failures
  if (first === undefined || failures.length === 1) return first
  return new AppError('REPORTER_FAILED', 'plugin', `${failures.length} reporters broke`, {
    problems: failures.map(({ message }) => ({ message })),
    cause: first,
  })
}

/** Names are file names of the report folder; evidence is read only from inside the run folder, symbolic links followed. */
function outputFolder(
  runFolder: string,
  signal: AbortSignal,
  onWrite: (name: string, path: string) => Promise<void>,
): OutputFolder {
  return {
    runFolder,
    async write(name, data) {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/.test(name))
        throw new AppError('REPORT_NAME', 'plugin', `${JSON.stringify(name)} is no file name for a report`, {
          hint: 'use letters, digits, dots and dashes',
        })
      const path = join(runFolderPaths(runFolder).report, name)
      await writeFileAtomic(path, data, { signal })
      await onWrite(name, path)
      return path
    },
    list: async () => await readdir(join(runFolder, 'report')).catch(() => []),
    evidence: (path, maximumBytes) => readEvidence(runFolder, path, maximumBytes),
  }
}

async function readEvidence(
  runFolder: string,
  path: string,
  maximumBytes: number,
): Promise<Buffer | undefined> {
  try {
    const root = await realpath(runFolder)
    const file = await realpath(join(root, path))
    const inside = relative(root, file)
    if (inside === '' || isAbsolute(inside) || inside.split(sep)[0] === '..') return undefined
    const handle = await open(file, 'r')
    try {
      const found = await handle.stat()
      // Windows opens folders, too.
      if (!found.isFile()) return undefined
      const { size } = found
      const length = Math.min(size, Math.max(0, maximumBytes))
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch {
    return undefined
  }
}

/** So that no reporter can change what the next one reads. */
/** A report of a hundred thousand cells has millions of parts: between its cells signals have their turn. @throws the signal's reason */
async function frozenReport(report: Report, signal: AbortSignal): Promise<Report> {
  const pause = pauser(signal)
  for (const parts of [report.cells, report.controls])
    for (const part of parts) {
      deepFreeze(part)
      await pause()
    }
  return deepFreeze(report)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
