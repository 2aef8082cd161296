/** Executes the steps of a CI file as its system would: the shell steps for real, with the environment that the file gives them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** One step, as the systems' files are brought to. */
export interface Step {
  readonly name: string
  /** For bash. Absent: an action or a task of the system. */
  readonly script?: string
  readonly environment: Readonly<Record<string, string>>
  /** Runs after a failure, too. */
  readonly always: boolean
  /** What an action or a task of the system does with files. */
  readonly publishes?: { readonly name: string; readonly path: string }
  readonly fetches?: { readonly name: string; readonly path: string }
  /** A pattern that must match a file. */
  readonly reads?: string
}

export interface JobOptions {
  readonly folder: string
  /** Where artifacts are kept between jobs. */
  readonly artifacts: string
  readonly environment: Readonly<Record<string, string>>
  /** Called when a script has started. */
  readonly onStart?: (step: Step, child: ChildProcess) => void
}

export interface JobEnd {
  /** Exit code of the step that failed first; 0 where none did. */
  readonly code: number
  readonly output: string
  readonly ran: readonly string[]
}

/** Runs the steps of one job in order. */
export async function runJob(steps: readonly Step[], options: JobOptions): Promise<JobEnd> {
  const { folder, artifacts } = options
  let code = 0
  let output = ''
  const ran: string[] = []
  for (const step of steps) {
    if (code !== 0 && !step.always) continue
    ran.push(step.name)
    if (step.fetches !== undefined) {
      const kept = join(artifacts, step.fetches.name)
      if (existsSync(kept)) cpSync(kept, join(folder, step.fetches.path), { recursive: true })
    }
    if (step.publishes !== undefined) {
      rmSync(join(artifacts, step.publishes.name), { recursive: true, force: true })
      cpSync(join(folder, step.publishes.path), join(artifacts, step.publishes.name), { recursive: true })
    }
    if (step.reads !== undefined && globSync(step.reads, { cwd: folder }).length === 0)
      throw new Error(`${step.name} finds no file ${step.reads}\n${output}`)
    if (step.script === undefined) continue
    const ended = await runScript(step, options)
    output += ended.output
    if (code === 0) code = ended.code
  }
  return { code, output, ran }
}

async function runScript(step: Step, options: JobOptions): Promise<{ code: number; output: string }> {
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.script ?? ''], {
    cwd: options.folder,
    env: { ...options.environment, ...step.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  options.onStart?.(step, child)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number>((resolve) =>
    child.on('close', (status, signal) => resolve(status ?? (signal === null ? 1 : 137))),
  )
  return { code, output }
}
