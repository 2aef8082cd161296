/**
 * What Microsoft's kernel debugger says of a dump, where this computer has it: kd.exe of the Debugging Tools for Windows, by
 * its documented options -z (dump) and -c (commands). It reads symbols only where _NT_SYMBOL_PATH of this user says so.
 */
import { access, open } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../kit/process.ts'
import { searchPath } from '../../kit/search-path.ts'
import { bounded, printable } from '../../kit/text.ts'
import type { Context } from '../../sdk/context.ts'

/** Bug check, system, analysis, modules with their times, stack of the crash; then the debugger ends. */
export const DEBUGGER_COMMANDS = '.bugcheck; vertarget; !analyze -v; lmtn; kn; q'
/** Without symbols an analysis takes seconds; an analysis that fetches them first may take minutes. */
const TIMEOUT_MS = 180_000
const MAXIMUM_BYTES = 1024 * 1024
const MAXIMUM_CHARACTERS = 256 * 1024

/** The debugger of this computer: on PATH, or where the kit of Windows puts it. */
export async function findDebugger(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  if (platform !== 'win32')
    return firstThere(searchPath(environment['PATH']).map((folder) => join(folder, 'kd')))
  const kits = ['ProgramFiles(x86)', 'ProgramFiles'].flatMap((name) => environment[name] ?? [])
  const sorts = ['x64', 'arm64', 'x86']
  return firstThere([
    ...searchPath(environment['PATH'] ?? environment['Path']).map((folder) => join(folder, 'kd.exe')),
    ...kits.flatMap((kit) =>
      sorts.map((sort) => join(kit, 'Windows Kits', '10', 'Debuggers', sort, 'kd.exe')),
    ),
  ])
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  return undefined
}

/**
 * The debugger's text, bounded and printable; undefined where there is no debugger or the file is no kernel dump. A debugger
 * that fails or takes too long is told in the text: it is evidence beside the dump, never a fact.
 */
export async function readDebuggerText(
  dump: string,
  ctx: Context,
  find: () => Promise<string | undefined> = findDebugger,
): Promise<string | undefined> {
  if (!(await isKernelDump(dump))) return undefined
  const program = await find()
  if (program === undefined) return undefined
  const done = await runProgram(program, ['-z', dump, '-c', DEBUGGER_COMMANDS], {
    signal: ctx.signal,
    timeoutMs: Math.max(1, Math.min(TIMEOUT_MS, ctx.deadline - ctx.clock.now())),
    maximumBytes: MAXIMUM_BYTES,
  })
  const how =
    done.startError !== undefined
      ? `the debugger could not be started: ${done.startError}`
      : done.timedOut
        ? 'the debugger did not end in time and was stopped; what it said until then follows'
        : done.truncated
          ? 'the debugger said more than is kept'
          : done.exitCode === 0
            ? ''
            : `the debugger ended with ${done.exitCode ?? done.signal ?? 'nothing'}`
  const text = printable(`${done.stdout.toString('utf8')}\n${done.stderr.toString('utf8')}`).trim()
  return bounded([how, text].filter((part) => part !== '').join('\n'), MAXIMUM_CHARACTERS)
}

async function isKernelDump(path: string): Promise<boolean> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0)
    return /^PAGE(?:DU64|DUMP)$/.test(buffer.toString('latin1', 0, bytesRead))
  } finally {
    await handle.close()
  }
}
