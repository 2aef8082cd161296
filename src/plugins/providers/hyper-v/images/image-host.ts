/** Where the scripts of an image build run: a PowerShell session of its own, closed when the call is over. */
import { AppError } from '../../../../model/errors.ts'
import { PowerShellSession } from '../powershell-session.ts'
import { ScriptError } from '../script-envelope.ts'
import type { WindowsImageHost } from './build-windows-image.ts'

/** The host of image builds whose PowerShell is `executable`. */
export function imageHost(executable: string, secret: (name: string) => string): WindowsImageHost {
  return {
    secret,
    async runScript(call, ctx) {
      const session = new PowerShellSession({ executable })
      try {
        return await session.call(call, ctx)
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error
        throw new AppError('HOST_IMAGE', 'host', `building the image: ${error.message}`, {
          hint: 'fix it and build again: finished steps are kept',
          cause: error,
        })
      } finally {
        session.kill()
      }
    },
  }
}
