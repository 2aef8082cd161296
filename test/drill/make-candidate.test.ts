/** The scenarios that ship: each can be made into a bad candidate and a twin that differ in one thing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeDrillCandidate } from '../../src/drill/make-candidate.ts'
import { putTogether } from '../../src/drill/put-together.ts'
import { drillFolder, loadDrillScenarios } from '../../src/inputs/load-drill.ts'
import { loadCandidate } from '../../src/inputs/package/load-candidate.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-drill-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

const [linux, windows] = await Promise.all(
  (['linux', 'windows'] as const).map((os) => loadDrillScenarios(drillFolder(os))),
)
const all = [...(linux ?? []), ...(windows ?? [])].map(
  (scenario) => [`${scenario.os} ${scenario.id}`, scenario] as const,
)
const WORDS = { service: 'netwatch', memoryKiB: 262_144 }

describe('the scenarios that ship', () => {
  it('show most symptom classes that a Linux guest can show', () => {
    expect(new Set(linux?.map(({ expect: wanted }) => wanted.class)).size).toBeGreaterThanOrEqual(28)
  })

  it.each(all)('%s: bad candidate and twin differ in one script', (_, scenario) => {
    const [bad, twin] = (['bad', 'twin'] as const).map((side) =>
      makeDrillCandidate(scenario, side, WORDS, false),
    )
    const changed = [...(bad?.files ?? [])].filter(([path, text]) => twin?.files.get(path) !== text)
    expect(changed).toHaveLength(1)
    expect([...(bad?.files.keys() ?? [])]).toEqual([...(twin?.files.keys() ?? [])])
    expect(bad?.definition.recipes).toEqual(twin?.definition.recipes)
    expect(changed[0]?.[1]).not.toMatch(/\$\{(fault|service|memoryKiB)\}/)
  })

  it.each(all)('%s: both are candidates that can be loaded', async (_, scenario) => {
    for (const side of ['bad', 'twin'] as const) {
      const { definition, files } = makeDrillCandidate(scenario, side, WORDS, true)
      const place = join(folder, `${scenario.os}-${definition.id}`)
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, 'candidate.yaml'), JSON.stringify(definition))
      for (const [path, text] of files) writeFileSync(join(place, path), text)
      expect(await loadCandidate(place, { os: [scenario.os] })).toMatchObject({ id: definition.id })
    }
  })

  it('have equal twins where they differ from the same thing, so that it runs once', () => {
    const twins = (linux ?? []).map(
      (scenario) => makeDrillCandidate(scenario, 'twin', WORDS, false).definition.id,
    )
    expect(new Set(twins).size).toBeLessThan(12)
  })
})

describe('scenarios that are put together', () => {
  const groups = putTogether(linux ?? [])
  const group = groups.find(({ parts }) => parts.length > 1)
  const [bad, twin] = (['bad', 'twin'] as const).map((side) =>
    makeDrillCandidate(group?.scenario ?? linux![0]!, side, WORDS, false),
  )

  it('are each in one group, with the scenario that they were', () => {
    expect(
      groups
        .flatMap(({ parts }) => parts)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(linux?.map(({ id }) => id).toSorted())
    expect(group?.parts.length).toBeGreaterThanOrEqual(10)
  })

  it('have all their faults in one script, each in a shell of its own, and none in the twin', () => {
    const script = bad?.files.get('install.sh') ?? ''
    for (const { fault } of group?.parts ?? [])
      expect(script).toContain(fault.trim().replaceAll('${service}', WORDS.service).split('\n')[0])
    expect(script.match(/^\($/gm)).toHaveLength(group?.parts.length ?? 0)
    expect(twin?.files.get('install.sh')).toBe('#!/bin/sh\n:\n')
  })
})

describe('a scenario file', () => {
  const write = (text: string): string => {
    const place = mkdtempSync(join(folder, 'bad-'))
    writeFileSync(join(place, 'x.yaml'), text)
    return place
  }
  const scenario = (more: string): string =>
    `version: 1\nid: x\ntitle: x\nos: linux\nexpect: { class: panic, phases: [check] }\n${more}`

  it.each([
    ['names no place for the fault', "fault: 'exit 7'\n", 'stands in 0 places'],
    [
      'names two places for it',
      "fault: 'exit 7'\ninstall: '${fault}'\nboot: '${fault}'\n",
      'stands in 2 places',
    ],
    [
      'has a twin that is as bad',
      "fault: ':'\ntwin: ':'\ninstall: '${fault}'\n",
      'the twin is the bad candidate',
    ],
    ['expects a class that nobody knows', "fault: ':'\ninstall: '${fault}'\nclass: panik\n", 'class'],
  ])('that %s is refused', async (_, more, message) => {
    await expect(loadDrillScenarios(write(scenario(more)))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      problems: [expect.objectContaining({ message: expect.stringContaining(message) as string })],
    })
  })
})
