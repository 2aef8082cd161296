/** Installs any kind of candidate into a simulated guest: its files, by hash, into one folder. */
import { join } from 'node:path'
import type { Artifact, Installer } from '../../../sdk/installer.ts'
import { CANDIDATE_FOLDER } from './simulated-guest.ts'

export const simulatedInstaller: Installer = {
  kinds: ['driver', 'msi', 'exe', 'msu', 'cab', 'content', 'script'],
  os: ['linux', 'windows'],
  async apply(artifact, target, ctx) {
    for (const { path } of artifact.files)
      await target.guest.push(join(artifact.folder, path), guestPath(path), ctx)
    return {
      fact: { kind: 'install', step: 'apply', outcome: 'ok', detail: 'simulated' },
      restartDue: false,
      undo: {},
    }
  },
  async verify(artifact, target, ctx) {
    const paths = artifact.files.map((file) => guestPath(file.path))
    const { files } = await target.os.files(paths, target.guest, ctx)
    return artifact.files.map(({ path, sha256 }) => {
      const seen = files.get(guestPath(path))?.sha256 ?? 'absent'
      return {
        kind: 'expectation',
        subject: `candidate:${path}`,
        expected: sha256,
        seen,
        holds: seen === sha256,
        symptom: 'update-not-applied',
        severity: 'fail',
      }
    })
  },
  async remove(artifact, _undo, target, ctx) {
    for (const { path } of artifact.files) await target.os.removePath(guestPath(path), target.guest, ctx)
    return {
      fact: { kind: 'install', step: 'remove', outcome: 'ok', detail: 'simulated' },
      restartDue: false,
    }
  },
  offlineUndo: (artifact: Artifact) =>
    artifact.files.map(({ path }) => ({ path: guestPath(path), content: undefined })),
}

function guestPath(path: string): string {
  return `${CANDIDATE_FOLDER}${path}`
}
