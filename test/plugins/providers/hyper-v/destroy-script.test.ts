/** destroy.ps1 in the real engine: whatever state a machine, its disk or its host is in, it goes, with its disk and its switch. */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loseParent, standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'

let host: StandInHost

beforeAll(async () => {
  host = await standInHost()
}, 300_000)
afterAll(() => host.close())

type Made = Awaited<ReturnType<StandInHost['create']>>

/** Destroys it; what is left of it. */
async function destroy({ id, parameters }: Made): Promise<readonly unknown[]> {
  await host.script('destroy', parameters)
  const [machines, folders] = [await host.machines(), await readdir(host.folder)]
  return [
    ...machines.filter((one) => one === id),
    ...folders.filter((one) => one === basename(String(parameters['folder']))),
  ]
}

async function claim({ id }: Made, Claimed: string | null): Promise<void> {
  await host.put(id, 'machine.json', { ...(await host.machine(id)), Claimed })
}

describe('a machine is destroyed', () => {
  it('whose disk was cut off while it was made', async () => {
    const made = await host.create({})
    await writeFile(String(made.parameters['disk']), 'vhdxfile')
    expect(await destroy(made)).toEqual([])
  })

  it('whose disk has lost its parent', async () => {
    const made = await host.create({})
    await loseParent(String(made.parameters['disk']))
    expect(await destroy(made)).toEqual([])
  })

  it.each(['OffCritical', 'Saved', 'SavedCritical', 'FastSaved', 'FastSavedCritical'])(
    'that is %s',
    async (state) => {
      const made = await host.create({})
      await claim(made, state)
      expect(await destroy(made)).toEqual([])
    },
  )

  it('that its host saves at the moment, when it has', async () => {
    const made = await host.create({})
    await claim(made, 'SavingCritical')
    const left = destroy(made)
    await setTimeout(1500)
    await claim(made, 'SavedCritical')
    expect(await left).toEqual([])
  })

  it.each([null, 'Saved'])('that an export works on, when it has ended (state %s)', async (state) => {
    const made = await host.create({})
    await claim(made, state)
    const exporting = join(host.folder, 'stand-in', 'machines', made.id, 'exporting')
    await writeFile(exporting, '')
    const left = destroy(made)
    await setTimeout(2500)
    expect(await readFile(exporting, 'utf8')).toBe('')
    await rm(exporting)
    expect(await left).toEqual([])
  })
})
