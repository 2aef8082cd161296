/** Takes what workers deliver into the run's journal, and ends attempts that have no end of their own by the host's fault. */
import { systemClock } from '../kit/clock.ts'
import { oneLine } from '../kit/text.ts'
import type { AttemptEnd, RunEvent } from '../model/event.ts'
import type { RemoteSession } from '../run/session/remote-lab.ts'
import { acceptLine, MOST_EVIDENCE } from './delivered-event.ts'
import type { HostView } from './host-view.ts'
import type { JobStatus } from './job-queue.ts'
import type { LeaseStore, RunHold } from './lease-store.ts'
import { hostName, type OpenAttempt } from './open-attempt.ts'
import { patiently } from './patience.ts'
import { receiveEvidence } from './receive-evidence.ts'

export interface IntakeOptions {
  readonly leases: LeaseStore
  readonly hold: RunHold
  readonly view: HostView
  readonly session: RemoteSession
  /** Its end is in the journal. */
  readonly onEnd: (open: OpenAttempt) => void
  readonly stop: AbortSignal
  /** The database is away. */
  readonly onAway: (error: unknown) => void
}

/** Faults that the coordinator writes. */
export const LOSSES: ReadonlySet<string> = new Set(['HOST_LOST', 'HOST_NOT_STARTED', 'HOST_DELIVERY'])

const AWAY_MS = 1000

export class AttemptIntake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Brings all lines that are there into the journal, in the order of each attempt. */
  async takeLines(known: readonly OpenAttempt[]): Promise<void> {
    const { leases, hold } = this.#options
    const byJob = new Map(known.map((open) => [open.offered.job, open]))
    while (byJob.size > 0) {
      const delivered = await leases.lines(
        [...byJob.values()].map(({ offered, next }) => [offered.job, next]),
      )
      if (delivered.length === 0) return
      const touched = new Set<OpenAttempt>()
      const writes: Promise<void>[] = []
      for (const { job, seq, line } of delivered) {
        const open = byJob.get(job)
        if (open === undefined) continue
        touched.add(open)
        // A worker delivers without gaps: what is missing was never sent, or was taken by a session whose journal is not this one.
        if (seq === open.next) await this.#takeLine(open, line, writes)
        else await this.#refuse(open, `line ${open.next} of its attempt is missing`)
        if (open.end !== undefined) byJob.delete(job)
      }
      // On the disk before it is forgotten.
      await Promise.all(writes)
      await leases.linesTaken(hold, new Map([...touched].map((open) => [open.offered.job, open.next])))
    }
  }

  async #takeLine(open: OpenAttempt, line: string, writes: Promise<void>[]): Promise<void> {
    const { run, journal } = this.#options.session
    const { offered, provider, next } = open
    const accepted = acceptLine(line, {
      cell: offered.cell,
      arm: offered.arm,
      attempt: offered.attempt,
      slot: offered.slot,
      host: hostName(offered),
      provider,
      run,
      seq: next,
      closed: false,
    })
    const event = 'wrong' in accepted ? accepted : await this.#checked(open, accepted)
    if ('wrong' in event) return await this.#refuse(open, event.wrong)
    if (event.type === 'attempt-closed' && event.end === 'interrupted')
      return await this.endAsLost(open, 'HOST_LOST', `worker ${offered.worker} was stopped`)
    open.next += 1
    open.opened = true
    if (event.type === 'phase-opened') open.phase = event.phase
    if (event.type === 'fault' && event.fault.fault === 'plugin') open.pluginFaults += 1
    if (event.type === 'machine-created') open.leftBehind.set(event.ref.name, true)
    if (event.type === 'machine-destroyed' || event.type === 'machine-kept')
      open.leftBehind.delete(event.name)
    const write = journal.append(event)
    if (event.type === 'attempt-closed') {
      open.end = event.end
      await write
      return await this.#settle(open, event.end)
    }
    // Whoever waits for all of them hears of a failure; none may be without a listener until then.
    write.catch(() => undefined)
    writes.push(write)
  }

  /** What can only be checked beside other attempts and files. */
  async #checked(open: OpenAttempt, event: RunEvent): Promise<RunEvent | { readonly wrong: string }> {
    const { leases, session, view } = this.#options
    if (event.type === 'machine-announced' && !view.isSameImage(open.assignment.cell, event.imageSha256))
      return { wrong: 'its machine started from another build of the image than the others of this run' }
    if (event.type !== 'evidence-saved') return event
    open.evidenceBytes += event.evidence.bytes
    if (open.evidenceBytes > MOST_EVIDENCE) return { wrong: 'its evidence is too large' }
    const pieces = leases.evidence(open.offered.job, event.evidence.id)
    const received = await receiveEvidence(session.runFolder, event.evidence, pieces, session.masker)
    return 'wrong' in received ? received : { ...event, evidence: received }
  }

  async #refuse(open: OpenAttempt, wrong: string): Promise<void> {
    const { leases, hold } = this.#options
    const { offered } = open
    await leases.cancel(offered, hold)
    await this.endAsLost(open, 'HOST_DELIVERY', `what worker ${offered.worker} sent is refused: ${wrong}`)
  }

  /** Its job has an end without an end of the attempt: the host's fault, whatever the machine saw until then. */
  async conclude(open: OpenAttempt, status: JobStatus | undefined): Promise<void> {
    if (open.end !== undefined) return
    const { offered } = open
    if (status?.state === 'completed') {
      // Its last lines came in the same transaction: they are read before the next look.
      await this.takeLines([open])
      // The first of them may have ended it.
      if ((open.end as AttemptEnd | undefined) !== undefined) return
      return await this.endAsLost(open, 'HOST_DELIVERY', `what worker ${offered.worker} sent has no end`)
    }
    if (status?.state === 'failed') {
      const because = oneLine(status.because ?? 'its worker gave it up', 300)
      return await this.endAsLost(open, 'HOST_LOST', `worker ${offered.worker}: ${because}`)
    }
    const never = open.opened ? 'it was cancelled' : 'never started: its worker did not take it in time'
    await this.endAsLost(open, open.opened ? 'HOST_LOST' : 'HOST_NOT_STARTED', never)
  }

  /** Writes the host's fault down, then lets the scheduler count it: a retry is never begun before its counter is on the disk. */
  async endAsLost(open: OpenAttempt, code: string, message: string): Promise<void> {
    const { journal } = this.#options.session
    const { cell, arm, attempt, slot } = open.offered
    const head = { at: systemClock.now(), cell, arm, attempt }
    if (!open.opened)
      await journal.append({ type: 'attempt-opened', ...head, host: hostName(open.offered), slot })
    await journal.append({
      type: 'fault',
      ...head,
      phase: open.phase,
      fault: { code, fault: 'host', message },
    })
    open.end = 'host-fault'
    await journal.append({ type: 'attempt-closed', ...head, end: 'host-fault' })
    await this.#settle(open, 'host-fault')
  }

  async #settle(open: OpenAttempt, end: AttemptEnd): Promise<void> {
    const { leases, hold, onEnd, stop, onAway } = this.#options
    onEnd(open)
    await patiently(() => leases.settled(open.offered, hold), AWAY_MS, stop, onAway)
    const host = hostName(open.offered)
    open.settle({
      end,
      pluginFaults: open.pluginFaults,
      leftBehind: [...open.leftBehind.keys()].map((name) => `${name} on ${host}`),
    })
  }
}
