/** A guest that is this computer: a real channel that runs real programs, for what needs no machine of its own. */
import { createReadStream, existsSync } from 'node:fs'
import { copyFile, lstat, mkdir, mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import { DeadlineError } from '../../src/kit/deadline.ts'
import { sha256File } from '../../src/kit/hash.ts'
import { runProgram } from '../../src/kit/process.ts'
import { AppError } from '../../src/model/errors.ts'
import type { Channel } from '../../src/sdk/channel.ts'
import type { Context } from '../../src/sdk/context.ts'
import type { BootFacts, GuestOs, FileFact, ServiceFact } from '../../src/sdk/guest-os.ts'

/** A context with a deadline so many seconds from now. */
export function testContext(seconds = 60): Context {
  return {
    signal: new AbortController().signal,
    deadline: systemClock.now() + seconds * 1000,
    log: { log: () => undefined },
    clock: systemClock,
  }
}

/** Runs programs of this computer; keeps count of what was executed. */
export function localChannel(onExec: (program: string) => void = () => undefined): Channel {
  return {
    async exec(request, ctx) {
      onExec(request.program)
      const timeoutMs = Math.max(1, ctx.deadline - systemClock.now())
      const done = await runProgram(request.program, request.arguments, {
        timeoutMs,
        ...(request.input === undefined ? {} : { input: request.input }),
        ...(request.environment === undefined ? {} : { environment: request.environment }),
        ...(request.maximumBytes === undefined ? {} : { maximumBytes: request.maximumBytes }),
      })
      if (done.timedOut) throw new DeadlineError(request.program, ctx.deadline)
      if (done.startError !== undefined) throw new AppError('GUEST_EXEC', 'host', done.startError)
      const { stdout, stderr, truncated } = done
      return { exitCode: done.exitCode ?? 128, stdout, stderr, truncated }
    },
    async push(local, guest) {
      await mkdir(dirname(guest), { recursive: true })
      await copyFile(local, guest)
    },
    async pull(guest, local, _ctx, maximumBytes = 64 * 1024 * 1024) {
      if (!existsSync(guest)) throw new AppError('GUEST_FILE_MISSING', 'host', guest)
      await copyFile(guest, local)
      const { size } = await lstat(local)
      if (size > maximumBytes) await truncate(local, maximumBytes)
      return { truncated: size > maximumBytes }
    },
    close: async () => undefined,
  }
}

async function walk(path: string): Promise<string[]> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return []
  if (!found.isDirectory()) return [path]
  const names = await readdir(path)
  return (await Promise.all(names.map((name) => walk(join(path, name))))).flat()
}

async function fileFact(path: string): Promise<FileFact> {
  let size = 0
  for await (const piece of createReadStream(path)) size += (piece as Buffer).length
  return { sha256: await sha256File(path), size }
}

const HEALTHY_BOOT: BootFacts = {
  bootId: 'b1',
  bootCount: 3,
  uptimeSeconds: 60,
  mode: 'normal',
  finished: true,
  kernel: '6.12.1',
  build: '1',
  pendingRestart: [],
}

/** What the test guest says of itself where this computer's own state would be no fair witness; change it to break it. */
export interface GuestState {
  boot: BootFacts
  services: ServiceFact[]
  restartsAsked: string[]
  restartFails?: string
}

/** Real files, scripted services: `state` is what the guest answers and may be changed between questions. */
export function localGuestOs(state: Partial<GuestState> = {}): { os: GuestOs; state: GuestState } {
  const full: GuestState = { boot: HEALTHY_BOOT, services: [], restartsAsked: [], ...state }
  const notAsked = (): never => {
    throw new Error('this test does not ask that')
  }
  const os: GuestOs = {
    name: 'linux',
    boot: async () => full.boot,
    services: async () => full.services,
    drivers: notAsked,
    async files(paths, _guest, _ctx, maximumFiles = 10_000) {
      const all = (await Promise.all(paths.map(walk))).flat()
      const kept = all.slice(0, maximumFiles)
      const facts = await Promise.all(kept.map(async (path) => [path, await fileFact(path)] as const))
      return { files: new Map(facts), cut: all.length - kept.length }
    },
    systemFiles: () => [],
    resources: notAsked,
    events: notAsked,
    crashes: notAsked,
    profile: notAsked,
    network: notAsked,
    launch: notAsked,
    async restartService(name) {
      full.restartsAsked.push(name)
      return full.restartFails === undefined
        ? { ok: true, detail: '' }
        : { ok: false, detail: full.restartFails }
    },
    restart: notAsked,
    shutdown: notAsked,
    transferFolder: async () => mkdtemp(join(tmpdir(), 'ringzero-guest-')),
    removePath: async (path) => rm(path, { recursive: true, force: true }),
    joinPath: (...parts) => join(...parts),
    forensicPaths: () => [],
    readForensics: notAsked,
    readSerialCrash: () => undefined,
  }
  return { os, state: full }
}
