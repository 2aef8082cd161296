/** Labs on simulated hosts with a product of a partner, an update, and keys: what a publisher and his reader each have. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256 } from '../../src/kit/hash.ts'

export const PASSPHRASE = 'open sesame'
/** Of the publisher's lab: what his pseudonyms are made with. */
export const PARTNER_KEY = 'k'.repeat(40)
/** The update breaks machines with this model of CPU. */
export const LOOP: readonly object[] = [{ when: { machine: { 'cpu.model': 'max' } }, behaviour: 'boot-loop' }]

export function writeDocument(folder: string, path: string, document: object): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(document))
}

/** A lab of its own with one product in this release; what its hosts' machines do with the candidate is scripted. @returns its lab file */
export function writeLab(
  folder: string,
  name: string,
  { faults = LOOP, release = '1', title = 'Micro', memoryMiB = 4096 } = {},
): string {
  writeDocument(folder, `${name}/product/product.yaml`, {
    version: 1,
    id: 'own',
    title: 'Own Shield',
    release,
    kind: 'content',
    health: { linux: { probe: { program: '/opt/own/health' } } },
    files: [{ path: 'x.dat', sha256: sha256('content') }],
    recipes: { linux: { install: { place: [{ file: 'x.dat', to: '/opt/own.dat' }] } } },
  })
  writeFileSync(join(folder, name, 'product/x.dat'), 'content')
  writeDocument(folder, `${name}/lab.yaml`, {
    version: 1,
    store: 'store',
    hosts: [
      {
        name: 'sim',
        provider: 'simulated',
        capacity: { vcpus: 8, memoryMiB, machines: 4 },
        options: { faults },
      },
    ],
    images: [{ id: `${name}-micro`, title, kind: 'linux-micro', os: 'linux', build: { kernel: 'generic' } }],
    products: [{ folder: 'product' }],
  })
  return join(folder, name, 'lab.yaml')
}

/** A matrix of two machines with the product, one of which the update breaks, on the image of the lab `first`; and the update. */
export function writeUpdateAndMatrix(folder: string): {
  readonly matrix: string
  readonly candidate: string
} {
  writeDocument(folder, 'update/candidate.yaml', {
    version: 1,
    id: 'update',
    release: '1',
    kind: 'content',
    files: [{ path: 'x.dat', sha256: sha256('content') }],
    recipes: { linux: { install: { place: [{ file: 'x.dat', to: '/opt/x.dat' }] } } },
  })
  writeFileSync(join(folder, 'update/x.dat'), 'content')
  const machine = (model: string): object => ({ id: model, machine: { cpu: { model } } })
  writeDocument(folder, 'matrix.yaml', {
    version: 1,
    id: 'small',
    axes: { cpu: { values: [machine('qemu64'), machine('max')] } },
    defaults: { image: 'first-micro', products: ['own'] },
    stages: [{ id: 'full', full: true }],
  })
  return { matrix: join(folder, 'matrix.yaml'), candidate: join(folder, 'update') }
}

/** partners.yaml with one partner, whose product is that of the labs. `entry`: more of his entry. @returns its path */
export function writePartners(folder: string, entry = 'show: { symptoms: all, reproduction: true }'): string {
  const path = join(folder, 'partners.yaml')
  writeFileSync(
    path,
    `version: 1
publisher: Example Labs
secret: { name: key, environment: KEY }
partners:
  - { name: own, title: Own Incorporated, products: [own], contact: compat@example.org, ${entry} }
`,
  )
  return path
}

/** An encrypted key and its public key, as files. */
export function writeKeys(folder: string, name: string): { readonly key: string; readonly open: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const [key, open] = [join(folder, `${name}.pem`), join(folder, `${name}.pub`)]
  const secret = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE } as const
  writeFileSync(key, privateKey.export(secret), { mode: 0o600 })
  writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }))
  return { key, open }
}
