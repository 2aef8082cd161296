import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRunState } from '../../../../src/record/read-run-state.ts'
import { runPlan } from '../../../../src/app/run-plan.ts'
import type { Collector } from '../../../../src/sdk/collector.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../../../stand-ins/simulated-lab.ts'

let begun = 0
const slow = (id: string): Collector => ({
  id,
  when: 'always',
  async collect(_target, _sink, ctx) {
    begun += 1
    await ctx.clock.sleep(10_000_000, ctx.signal)
    return []
  },
})

describe('collecting evidence', () => {
  it('that takes too long altogether leaves a gap and no fault: the attempt counts', async () => {
    const folder = temporaryFolder()
    const collectors = Array.from({ length: 12 }, (_, index) => slow(`slow-${index}`))
    const parts = { ...(await simulatedParts({ folder, machines: 1 })), collectors }
    const runFolder = join(folder, 'run')
    const { toolFaults, pluginFaults } = await runPlan({
      plan: makePlan({ stages: [1] }),
      run: '20261122T000000Z-0001',
      runFolder,
      parts,
      hooks: { judgeStage: () => 'passed' },
      signal: new AbortController().signal,
    })
    expect({ toolFaults, pluginFaults }).toEqual({ toolFaults: 0, pluginFaults: 0 })
    // 15 minutes for all, two for each: the ninth is never begun, neither then nor while the machine is being recovered.
    expect(begun).toBe(2 * 8)
    const { attempts } = await readRunState(runFolder)
    expect(attempts.map(({ end }) => end)).toEqual(['completed', 'completed'])
    for (const { observations, phases } of attempts) {
      const blind = observations.flatMap(({ fact }) => (fact.kind === 'blind' ? [fact.subject] : []))
      expect(blind).toContain('collector:slow-0')
      expect(blind.at(-1)).toBe('collect')
      expect(phases.at(-1)).toMatchObject({ phase: 'collect', end: 'deadline' })
    }
  })
})
