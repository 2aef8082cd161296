/** Executes the steps of a CI file as its system would: the shell steps for real, with the environment that the file gives them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, globSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

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
  /** A name with `*` is a pattern: each artifact comes into a folder of its own name. */
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
      const { name, path } = step.fetches
      const into = join(folder, path)
      if (name.includes('*'))
        for (const one of globSync(name, { cwd: artifacts }))
          cpSync(join(artifacts, one), join(into, one), { recursive: true })
      else if (existsSync(join(artifacts, name))) cpSync(join(artifacts, name), into, { recursive: true })
    }
    if (step.publishes !== undefined && existsSync(join(folder, step.publishes.path))) {
      const { name, path } = step.publishes
      const from = join(folder, path)
      const kept = join(artifacts, name)
      rmSync(kept, { recursive: true, force: true })
      cpSync(from, statSync(from).isFile() ? join(kept, basename(path)) : kept, { recursive: true })
    }
    // 2: nothing was run, so nothing was written.
    if (step.reads !== undefined && code !== 2 && globSync(step.reads, { cwd: folder }).length === 0)
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
