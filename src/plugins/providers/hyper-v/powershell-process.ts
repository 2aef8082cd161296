/** The only file that knows node-powershell: one PowerShell process that runs typed lines. */
import { PowerShell } from 'node-powershell'
import { powerShellEnvironment } from './powershell-environment.ts'

/** Why a PowerShell ended in which a policy allows no scripts like ours. */
export const CONSTRAINED =
  'its language is constrained by a policy for applications (WDAC, AppLocker, Smart App Control)'
const CONSTRAINED_EXIT = 87

export interface PowerShellProcess {
  /** Settles (never rejects) when the process is gone, with why as far as it is known. */
  readonly exited: Promise<string>
  /** Runs one line of pure ASCII; resolves with what it wrote to both streams. Calls must not overlap. */
  run(line: string): Promise<{ readonly stdout: string; readonly stderr: string }>
  /** Ends it at once. */
  kill(): void
}

/** What node-powershell 5.0.1 has but does not declare public. */
interface Inside {
  readonly process: { readonly pid?: number; kill(signal: string): boolean }
  readonly exitPromise: Promise<unknown>
}

/**
 * Starts `executable` (an absolute path, `powershell` or `pwsh`) as a session without profile and questions.
 * Never rejects: a program that cannot be started shows in `exited`.
 */
export function startPowerShell(
  executable: string,
  environment: Readonly<Record<string, string>> = {},
): PowerShellProcess {
  // It would override even an explicit executable.
  delete process.env['NODE_POWERSHELL']
  const shell = new PowerShell({
    executable,
    executableOptions: { '-NoProfile': true, '-NonInteractive': true },
    spawnOptions: {
      windowsHide: true,
      env: { ...powerShellEnvironment(process.env, process.platform), ...environment },
    },
    throwOnInvocationError: false,
  })
  const inside = shell as unknown as Inside
  const exited = inside.exitPromise.then(
    () => 'it ended by itself',
    (error: unknown) => {
      if (error instanceof Error && 'exitCode' in error && error.exitCode === CONSTRAINED_EXIT)
        return CONSTRAINED
      return error instanceof Error ? error.message : String(error)
    },
  )
  // A broken pipe shows in `exited`; without a listener it would end our process.
  shell.streams.stdin.on('error', () => undefined)
  // node-powershell looks for its end mark where it cannot be if all output comes in one piece with CR LF line ends: it
  // then waits for ever. With LF it finds it.
  // In a constrained language none of node-powershell's marks could be written, and it would wait for ever as well.
  shell.streams.stdin.write(
    `if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { exit ${CONSTRAINED_EXIT} }\n`,
  )
  shell.streams.stdin.write(
    '[Console]::Out.NewLine = [string][char]10; [Console]::Error.NewLine = [string][char]10\n',
  )
  return {
    exited,
    async run(line) {
      const result = await shell.invoke(line)
      // It keeps every output for ever.
      shell.history.length = 0
      return { stdout: result.stdout?.toString() ?? '', stderr: result.stderr?.toString() ?? '' }
    },
    kill: () => void inside.process.kill('SIGKILL'),
  }
}
