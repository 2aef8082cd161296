/**
 * What an installer's own verification cannot tell: that the candidate was not there before (then the run shows nothing),
 * and that what it put in place was not put back behind our back later.
 */
import type { Fact } from '../../../model/observation.ts'
import type { LoadedCandidate } from '../../../model/candidate.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { blind, expectation, look } from '../shared/look.ts'

type Hashes = Readonly<Record<string, string>>

export const candidatePresent: Check = {
  id: 'candidate-present',
  title: 'the candidate is new to the machine, and stays',
  cannotSee: 'files that an installer places without `place` in its recipe',
  moments: ['baseline', 'after-install', 'after-restart', 'after-soak'],
  os: ['linux', 'windows'],
  shows: ['update-not-applied'],
  async run(target, ctx) {
    const { candidate, os, memory, moment } = target
    const wanted = candidate === undefined ? new Map<string, string>() : placedHashes(candidate, os.name)
    if (wanted.size === 0) return []
    const looked = await look('candidate:files', () => hashPaths([...wanted.keys()], target, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    if (moment === 'baseline') {
      memory.set('before', now)
      return isNew(wanted, now)
    }
    const installed = memory.get('installed') as Hashes | undefined
    if (moment === 'after-install' || installed === undefined) {
      memory.set('installed', now)
      return []
    }
    return stays(wanted, (memory.get('before') as Hashes | undefined) ?? {}, installed, now)
  },
}

function placedHashes(candidate: LoadedCandidate, os: CheckTarget['os']['name']): Map<string, string> {
  const places = candidate.recipes?.[os]?.install?.place ?? []
  return new Map(
    places.flatMap(({ file, to }) => {
      const pinned = candidate.files.find((entry) => entry.path === file)
      return pinned === undefined ? [] : [[to, pinned.sha256] as const]
    }),
  )
}

async function hashPaths(paths: readonly string[], target: CheckTarget, ctx: Context): Promise<Hashes> {
  const { files } = await target.os.files(paths, target.guest, ctx, paths.length)
  return Object.fromEntries([...files].map(([path, file]) => [path, file.sha256]))
}

/** A machine that already holds every file of the candidate cannot show what the candidate does to machines. */
function isNew(wanted: ReadonlyMap<string, string>, now: Hashes): readonly Fact[] {
  if ([...wanted].some(([path, hash]) => now[path] !== hash)) return []
  return [blind('candidate:new', 'the machine held every file of the candidate before it was installed')]
}

function stays(
  wanted: ReadonlyMap<string, string>,
  before: Hashes,
  installed: Hashes,
  now: Hashes,
): readonly Fact[] {
  return [...wanted].flatMap(([path, hash]) => {
    // A product may take a file in and delete it: only what was there after the installation can be lost.
    if (installed[path] !== hash) return []
    const seen = now[path]
    const putBack = seen !== hash && seen === before[path] && seen !== undefined
    return [
      expectation('update-not-applied', {
        subject: `candidate:file:${path}`,
        expected: 'as it was installed',
        seen:
          seen === hash
            ? 'as it was installed'
            : putBack
              ? 'the content from before the installation is back'
              : seen === undefined
                ? 'it is gone'
                : 'something else took its place',
        holds: seen === hash,
        severity: putBack ? 'fail' : 'warn',
      }),
    ]
  })
}
