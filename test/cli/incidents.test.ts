/** `coverage --incidents` through the built command line. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import type { IncidentReport } from '../../src/app/cover-incidents.ts'

const root = resolve(import.meta.dirname, '../..')
const env = { ...process.env, CI: 'true', NO_COLOR: '1' }

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [resolve(root, 'dist/main.js'), ...commandLine], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

it('counts for a matrix which known incidents it would have shown, and names what is missing', () => {
  const json = ringzero('coverage', 'matrices/windows-endpoint.yaml', '--incidents', '--json')
  expect(json.code, json.err).toBe(0)
  const { counts, incidents, withoutLab } = JSON.parse(json.out) as IncidentReport
  expect(withoutLab).toBe(true)
  expect(counts.known).toBe(62)
  expect(counts.seen + counts.notSeen + counts.noMachine).toBe(62)
  const of = (wanted: string): unknown => incidents.find(({ incident }) => incident.id === wanted)
  expect(of('crowdstrike-cf291-2024')).toMatchObject({ outcome: 'seen' })
  expect(of('dhcp-server-2025-06')).toMatchObject({ outcome: 'seen', by: ['roles'] })
  expect(of('kb5062553-vbs-no-trusted-launch-2025-07')).toMatchObject({ outcome: 'seen' })
  expect(of('sbat-dualboot-2024-08')).toMatchObject({ outcome: 'unmet' })
  expect(counts.seen).toBe(22)
  expect(of('intel-sst-24h2')).toMatchObject({ outcome: 'no-machine' })
  expect(of('falcon-linux-rhel-2024')).toMatchObject({ outcome: 'unmet', missing: ['Linux'] })

  const text = ringzero('coverage', 'matrices/windows-endpoint.yaml', '--incidents').out
  expect(text).toContain(
    `of 62 known incidents ${counts.seen} would be seen, ${counts.notSeen} not, ${counts.noMachine} no virtual machine shows`,
  )
  expect(text).toContain('no axis for role: failover cluster: 1 (kb5062557-cluster-2025)')
})

it('refuses a lab without --incidents, and a matrix that is not there', () => {
  expect(ringzero('coverage', 'matrices/demo.yaml', '--lab', 'lab.yaml').code).toBe(2)
  const missing = ringzero('coverage', 'nowhere.yaml', '--incidents')
  expect(missing.code).toBe(2)
  expect(missing.err).toContain('nowhere.yaml')
})
