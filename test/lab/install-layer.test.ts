/** What a layer is sealed on: real programs of this computer as the guest, only the machine around them is a stand-in. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installLayer, type LayerParts } from '../../src/lab/install-layer.ts'
import type { GuestCommand } from '../../src/model/command.ts'
import type { LoadedProduct } from '../../src/model/product.ts'
import { scriptInstaller } from '../../src/plugins/installers/linux/script.ts'
import type { Machine, MachineSpec, Provider } from '../../src/sdk/provider.ts'
import { healthyGuest } from '../stand-ins/scripted-guest.ts'
import { localChannel, localGuestOs, testContext } from '../stand-ins/local-guest.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

let guest: string
beforeEach(() => {
  guest = mkdtempSync(join(tmpdir(), 'rz-layer-'))
})
afterEach(() => rmSync(guest, { recursive: true }))

const sh = (text: string): GuestCommand => ({
  program: '/bin/sh',
  arguments: ['-c', text],
  environment: { GUEST: guest },
})

function product(change: Partial<LoadedProduct> = {}): LoadedProduct {
  return {
    version: 1,
    id: 'sensor',
    title: 'Sensor',
    release: '7.1',
    kind: 'script',
    files: [],
    recipes: {
      linux: {
        install: { run: [sh('echo 7.1 > $GUEST/sensor; echo on > $GUEST/updates')] },
        verify: { run: [sh('test -s $GUEST/sensor')] },
      },
    },
    health: { linux: { probe: sh('test -s $GUEST/sensor') } },
    freeze: { linux: { run: [sh('rm $GUEST/updates')], proof: sh('test ! -e $GUEST/updates') } },
    folder: guest,
    sha256: 'a'.repeat(64),
    ...change,
  }
}

/** Installs; what the machine was made of, whether it was sealed and destroyed, or the error. */
async function install(wanted: LoadedProduct, parts: Partial<LayerParts> = {}) {
  const seen: { spec?: MachineSpec; sealed: boolean; destroyed: boolean; error?: string } = {
    sealed: false,
    destroyed: false,
  }
  const machine = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    connect: () => Promise.resolve(localChannel()),
    async *signals() {
      yield* []
      await new Promise(() => undefined)
    },
    destroy: async () => {
      seen.destroyed = true
      await Promise.resolve()
    },
    sealable: {
      seal: (path: string) => {
        seen.sealed = true
        return Promise.resolve({ path, format: 'qcow2' as const })
      },
    },
  } as unknown as Machine
  const provider = {
    name: 'stand-in',
    listMachines: () => Promise.resolve([]),
    create: (spec: MachineSpec) => {
      seen.spec = spec
      return Promise.resolve(machine)
    },
  } as unknown as Provider
  const { os } = localGuestOs()
  const resources = () => Promise.resolve(healthyGuest().resources)
  const below = { sha256: 'b'.repeat(64), os: 'linux', disk: '/image', diskFormat: 'qcow2' } as const
  try {
    await installLayer(
      { below, product: wanted, key: 'c'.repeat(64), folder: join(guest, 'layer') },
      {
        provider,
        host: 'here',
        os: { ...os, resources },
        installerFor: () => scriptInstaller,
        artifactOf: ({ id, kind, release, folder, files, recipes }) => ({
          id,
          kind,
          release,
          folder,
          files,
          recipe: recipes?.linux ?? {},
        }),
        secret: (name) => name,
        ...parts,
      },
      testContext(20),
    )
  } catch (error) {
    seen.error = error instanceof Error ? error.message : String(error)
  }
  return seen
}

describe('a layer', notOnWindows('the shell of a Linux guest'), () => {
  it('is sealed when the product is proven, healthy and frozen', async () => {
    const { error, sealed, destroyed } = await install(product())
    expect({ error, sealed, destroyed }).toEqual({ error: undefined, sealed: true, destroyed: true })
    expect(readFileSync(join(guest, 'sensor'), 'utf8')).toBe('7.1\n')
    expect(existsSync(join(guest, 'updates'))).toBe(false)
  })

  it('is not when the installation ended with 0 and its proof does not hold', async () => {
    const recipes = {
      linux: {
        install: { run: [sh('echo on > $GUEST/sensor')] },
        verify: { run: [sh('test -e $GUEST/nothing')] },
      },
    }
    const { error, sealed, destroyed } = await install(product({ recipes }))
    expect(error).toMatch(/product "sensor" cannot be put into a layer: .*should be/)
    expect({ sealed, destroyed }).toEqual({ sealed: false, destroyed: true })
  })

  it('is not when the product may still update itself', async () => {
    const unproven = { linux: { run: [sh('true')], proof: sh('test ! -e $GUEST/updates') } }
    expect((await install(product({ freeze: unproven }))).error).toContain(
      'the proof that it is frozen ends with 1',
    )
    const failing = { linux: { run: [sh('echo tamper protection is on; exit 5')] } }
    const { error, sealed } = await install(product({ freeze: failing }))
    expect(error).toContain('its freeze command ends with 5: tamper protection is on')
    expect(sealed).toBe(false)
  })

  it('gets a network only for a product that is installed over one, and only where the host lends it', async () => {
    expect((await install(product())).spec).toMatchObject({ allowNetwork: false })
    const wanting = product({ installNeedsNetwork: true })
    expect((await install(wanting)).error).toContain('host here grants none')
    expect((await install(wanting, { allowNetwork: true })).spec).toMatchObject({
      allowNetwork: true,
      profile: { network: { access: 'open' } },
    })
  })
})
