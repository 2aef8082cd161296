/** A runner of its own for tests that kill it: one call that goes on for a while after it has begun. */
import { join } from 'node:path'
import { systemClock } from '../../../../src/kit/clock.ts'
import { PowerShellSession } from '../../../../src/plugins/providers/hyper-v/powershell-session.ts'

const [executable = '', began = '', done = '', milliseconds = ''] = process.argv.slice(2)
const parameters = { do: 'late', began, done, milliseconds: Number(milliseconds) }
const script = join(import.meta.dirname, 'scripts/echo.ps1')
await new PowerShellSession({ executable }).call(
  { script, parameters },
  {
    signal: new AbortController().signal,
    deadline: systemClock.now() + 600_000,
    clock: systemClock,
    log: { log: () => undefined },
  },
)
