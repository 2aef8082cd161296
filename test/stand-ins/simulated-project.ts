/** The files of a project on one simulated host, as a user of the command line has them: matrix, lab and a content update. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SimulatedProject {
  readonly id: string
  readonly axes: Readonly<Record<string, { readonly values: readonly { readonly id: string }[] }>>
  readonly capacity: { readonly vcpus: number; readonly memoryMiB: number; readonly machines: number }
  /** Of the simulated provider. */
  readonly options?: object
}

/** Writes matrix.yaml (every combination in one stage), lab.yaml (its store in the folder) and update/. */
export function writeSimulatedProject(
  folder: string,
  { id, axes, capacity, options }: SimulatedProject,
): void {
  const write = (name: string, document: object): void =>
    writeFileSync(join(folder, name), JSON.stringify(document))
  write('matrix.yaml', {
    version: 1,
    id,
    axes,
    defaults: { image: 'micro' },
    stages: [{ id: 'full', full: true }],
  })
  write('lab.yaml', {
    version: 1,
    store: 'store',
    hosts: [{ name: 'sim', provider: 'simulated', capacity, ...(options === undefined ? {} : { options }) }],
    images: [{ id: 'micro', kind: 'linux-micro', os: 'linux' }],
  })
  mkdirSync(join(folder, 'update'))
  writeFileSync(join(folder, 'update/x.dat'), 'content')
  write('update/candidate.yaml', {
    version: 1,
    id: 'update',
    release: '1',
    kind: 'content',
    files: [{ path: 'x.dat', sha256: createHash('sha256').update('content').digest('hex') }],
    recipes: { linux: { install: { place: [{ file: 'x.dat', to: '/opt/x.dat' }] } } },
  })
}
