/** Installs what doctor found missing, with the system's package manager, and says what to run where it may not. */
import { runProgram } from '../kit/process.ts'
import { AppError } from '../model/errors.ts'
import type { HostFinding } from '../sdk/provider.ts'

/** Programs in order; each is a program and its arguments. */
export type FixPlan = readonly (readonly string[])[]

/**
 * The commands that fix the findings, in order: one package installation for all, then each finding's own.
 * `prefix` is what gains the right to change the system (`sudo -n`), or nothing for root.
 */
export function planFixes(findings: readonly HostFinding[], prefix: readonly string[]): FixPlan {
  const wanted = findings.filter((finding) => finding.state !== 'ok')
  const packages = [...new Set(wanted.flatMap((finding) => finding.packages ?? []))].sort()
  const installation =
    packages.length === 0
      ? []
      : [
          [...prefix, 'apt-get', 'update', '-q'],
          [
            ...prefix,
            'env',
            'DEBIAN_FRONTEND=noninteractive',
            'apt-get',
            'install',
            '-y',
            '-q',
            '--no-install-recommends',
            ...packages,
          ],
        ]
  return [
    ...installation,
    ...wanted.flatMap((finding) => finding.fix ?? []).map((command) => [...prefix, ...command]),
  ]
}

/** Ten minutes: a slow mirror is slow, a hanging one must end. */
const MENDING_TIMEOUT_MS = 600_000

/**
 * Runs the commands in order.
 * @throws AppError HOST_MENDING, fault host, with the command and the end of its output
 */
export async function runFixes(
  plan: FixPlan,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const [program = '', ...programArguments] of plan) {
    const shown = [program, ...programArguments].join(' ')
    say(`running: ${shown}`)
    const result = await runProgram(program, programArguments, { signal, timeoutMs: MENDING_TIMEOUT_MS })
    if (result.exitCode === 0) continue
    const output = `${result.stdout.toString()}\n${result.stderr.toString()}`
      .trim()
      .split('\n')
      .slice(-8)
      .join('\n')
    const reason =
      result.startError ??
      (result.timedOut ? 'it took more than 10 minutes' : `exit code ${String(result.exitCode)}`)
    throw new AppError('HOST_MENDING', 'host', `${shown}: ${reason}\n${output}`, {
      hint: 'run it by hand as a user who may install packages, then run doctor again',
    })
  }
}

/** How packages can be installed here: as root, by sudo without a password, or not at all. */
export async function installerPrefix(signal: AbortSignal): Promise<readonly string[] | undefined> {
  const apt = await runProgram('apt-get', ['--version'], { signal, timeoutMs: 10_000 })
  if (apt.exitCode !== 0) return undefined
  if (process.getuid?.() === 0) return []
  const sudo = await runProgram('sudo', ['-n', 'true'], { signal, timeoutMs: 10_000 })
  return sudo.exitCode === 0 ? ['sudo', '-n'] : undefined
}
