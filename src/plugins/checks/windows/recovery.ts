/** The machine got up only with help: automatic repair ran, or it runs in safe mode. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import { AppError } from '../../../model/errors.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

const AnswerSchema = z.object({
  traces: z.preprocess(
    (value) => (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]),
    z.array(z.string().max(300)).max(200),
  ),
  log: z.preprocess((value) => value ?? '', z.string().max(64)),
  /** How the recovery environment is set up; empty where the system says nothing of it. */
  environment: z.preprocess((value) => value ?? '', z.string().max(300)),
})

export const windowsRecovery: Check = {
  id: 'windows-recovery',
  title: 'Windows starts without automatic repair',
  cannotSee: 'repairs of which Windows keeps no trace',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['recovery-entry', 'recovery-unusable'],
  async run(target, ctx) {
    const subject = 'windows:recovery'
    const looked = await askWindows(subject, target, () => survey(target, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const { mode, traces, environment } = looked.value
    if (target.moment === 'baseline') target.memory.set('baseline', traces)
    if (target.moment === 'baseline') target.memory.set('environment', environment)
    const usable = target.memory.get('environment') as string | undefined
    const before = target.memory.get('baseline') as readonly string[] | undefined
    if (before === undefined) return [blind(subject, 'it was not looked at at the baseline')]
    const fresh = traces.filter((trace) => !before.includes(trace))
    const seen = [...(mode === 'normal' ? [] : [`it runs in ${mode} mode`]), ...fresh]
    return [
      expectation('recovery-entry', {
        subject,
        expected: 'an ordinary start, no repair',
        seen: seen.length === 0 ? 'an ordinary start, no repair' : seen.slice(0, 20).join('; '),
        holds: seen.length === 0,
      }),
      ...(usable === undefined || usable === ''
        ? []
        : [
            expectation('recovery-unusable', {
              subject: 'windows:recovery-environment',
              expected: `set up as at the baseline: ${usable}`,
              seen: environment === '' ? 'nothing says how it is set up any more' : environment,
              holds: environment === usable,
            }),
          ]),
    ]
  },
}

async function survey(
  target: CheckTarget,
  ctx: Context,
): Promise<{ readonly mode: string; readonly traces: readonly string[]; readonly environment: string }> {
  const { os, guest } = target
  const { mode } = await os.boot(guest, ctx)
  const text = await readFile(assetPath('plugins/checks/windows/recovery.ps1'), 'utf8')
  const answer = await os.windows?.runScript({ name: 'recovery', text }, {}, guest, ctx)
  const parsed = AnswerSchema.safeParse(answer)
  if (!parsed.success)
    throw new AppError(
      'GUEST_PROBE',
      'host',
      `the answer about recovery cannot be read: ${parsed.error.message}`,
    )
  const { traces, log, environment } = parsed.data
  return { mode, environment, traces: log === '' ? traces : [...traces, `SrtTrail.txt of ${log}`] }
}
