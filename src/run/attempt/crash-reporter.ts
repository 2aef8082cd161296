/** Turns a crash seen from the host into a fact with its name, screen and serial text, before the machine can restart over it. */
import { stat } from 'node:fs/promises'
import type { Clock } from '../../kit/clock.ts'
import { bounded, oneLine, printable } from '../../kit/text.ts'
import type { Fact, FactOf } from '../../model/observation.ts'
import { laterMilestone, type Milestone } from '../../model/phase.ts'
import type { EvidenceSink } from '../../sdk/collector.ts'
import type { Logger } from '../../sdk/context.ts'
import type { GuestOs } from '../../sdk/guest-os.ts'
import type { Machine, MachineSignal } from '../../sdk/provider.ts'
import { serialMilestone } from './serial-milestone.ts'

/** The last lines of an oops leave the serial line after the host's notice; a screen capture takes about as long. */
const FLUSH_MS = 400
const CAPTURE_MS = 15_000
/** More than a boot's whole console output; the crash stands at its end. */
const SERIAL_BYTES = 512 * 1024

export interface CrashReporterOptions {
  readonly machine: Machine
  readonly os: GuestOs
  readonly clock: Clock
  readonly log: Logger
  readonly sink: EvidenceSink
  readonly observe: (fact: Fact, evidence: readonly string[]) => Promise<void>
  /** Crashes are expected now: the recovery ladder starts a machine that is known to crash. */
  readonly expected: () => boolean
}

/** What was so when a crash was seen. */
interface Sighting {
  readonly ordinal: number
  readonly milestone: Milestone
  readonly expected: boolean
  /** Id of its picture. */
  readonly screen?: string | undefined
}

export class CrashReporter {
  readonly #options: CrashReporterOptions
  /** Size of the serial log when the present start began. */
  #mark = 0
  /** What the serial line showed of a start that crashed, before the next one wrote over its mark. */
  readonly #milestones = new Map<number, Milestone>()
  /** Starts whose crash is already written down. */
  readonly #reported = new Set<number>()

  constructor(options: CrashReporterOptions) {
    this.#options = options
  }

  /** What the serial line says from here on belongs to this start. */
  async beginStart(): Promise<void> {
    this.#mark = await this.#serialSize()
  }

  /** Whether a crash that is seen now was asked for by the test: it is written down later, when that may no longer be so. */
  expectedNow(): boolean {
    return this.#options.expected()
  }

  /** A crash signal of the host. */
  async report(
    signal: MachineSignal & { readonly kind: 'crash' },
    ordinal: number,
    milestone: Milestone,
    expected = this.expectedNow(),
  ): Promise<void> {
    if (this.#reported.has(ordinal)) return
    this.#reported.add(ordinal)
    const picture = this.#options.machine.screen?.lastCrash === undefined
    const early = picture ? await this.captureScreen(`crash-${ordinal}`) : undefined
    await this.#options.clock.sleep(FLUSH_MS)
    const screen = early ?? (await this.#lastCrash(ordinal))
    const text = await this.#serialText()
    await this.#write(signal, text, { ordinal, milestone, expected, screen })
  }

  /** After a restart or power-off that was not asked for: was there a crash that the host was not told about? */
  async lookAtSerial(ordinal: number, milestone: Milestone, expected = this.expectedNow()): Promise<void> {
    if (this.#reported.has(ordinal)) return
    const text = await this.#serialText()
    if (this.#options.os.readSerialCrash(text) === undefined) return
    this.#reported.add(ordinal)
    await this.#write({ mechanism: 'panic' }, text, { ordinal, milestone, expected })
  }

  /** How far a start got by its serial text; only for the present start and those that crashed. */
  async milestoneOf(ordinal: number, isPresent: boolean): Promise<Milestone> {
    const known = this.#milestones.get(ordinal)
    if (known !== undefined || !isPresent) return known ?? 'power'
    return serialMilestone(await this.#serialText())
  }

  /** A screenshot as evidence; undefined when there is no screen to capture. */
  async captureScreen(label: string): Promise<string | undefined> {
    const { machine, clock, log, sink } = this.#options
    if (machine.screen === undefined) return undefined
    try {
      const signal = new AbortController().signal
      const png = await machine.screen.capture({ signal, deadline: clock.now() + CAPTURE_MS, log, clock })
      return await sink.save(`screen-${label}.png`, 'image/png', png)
    } catch (error) {
      log.log('debug', 'no screenshot', { reason: error instanceof Error ? error.message : String(error) })
      return undefined
    }
  }

  /** The picture that the provider took at the moment of the crash. */
  async #lastCrash(ordinal: number): Promise<string | undefined> {
    const png = await this.#options.machine.screen?.lastCrash?.().catch(() => undefined)
    if (png === undefined) return undefined
    return await this.#save(`screen-crash-${ordinal}.png`, 'image/png', png)
  }

  /** The serial text of the present start as evidence; undefined when there is none. */
  async saveSerial(label: string, text?: string): Promise<string | undefined> {
    const content = text ?? (await this.#serialText())
    if (content === '') return undefined
    return await this.#save(`serial-${label}.log`, 'text/plain', Buffer.from(content))
  }

  /** Evidence that cannot be saved (a full disk) must not take the fact with it. */
  async #save(name: string, mediaType: string, data: Uint8Array): Promise<string | undefined> {
    const { sink, log } = this.#options
    try {
      return await sink.save(name, mediaType, data)
    } catch (error) {
      log.log('warn', `${name} was not saved`, {
        reason: error instanceof Error ? error.message : String(error),
      })
      return undefined
    }
  }

  async #write(
    signal: {
      readonly mechanism: FactOf<'crash'>['mechanism']
      readonly code?: string
      readonly parameters?: readonly string[]
      readonly text?: string
    },
    serial: string,
    { ordinal, milestone, expected, screen }: Sighting,
  ): Promise<void> {
    const { os } = this.#options
    const named = os.readSerialCrash(serial)
    const coded =
      signal.code === undefined ? undefined : os.explainCrash?.(signal.code, signal.parameters ?? [])
    const log = await this.saveSerial(`crash-${ordinal}`, serial)
    const fact: FactOf<'crash'> = {
      kind: 'crash',
      mechanism: signal.mechanism,
      title: oneLine(
        named?.title ?? coded?.title ?? signal.text ?? signal.code ?? `guest ${signal.mechanism}`,
        360,
      ),
      milestone: laterMilestone(milestone, serialMilestone(serial)),
      bootOrdinal: ordinal,
      ...(signal.code === undefined ? {} : { code: oneLine(coded?.code ?? signal.code, 32).slice(0, 32) }),
      ...(signal.parameters === undefined
        ? {}
        : { parameters: signal.parameters.slice(0, 4).map((value) => oneLine(value, 32).slice(0, 32)) }),
      ...(named?.module === undefined ? {} : { module: oneLine(named.module, 100) }),
      ...(named?.function === undefined ? {} : { function: oneLine(named.function, 200) }),
      ...(named === undefined ? {} : { explanation: bounded(printable(named.excerpt), 1900) }),
      ...(coded === undefined || coded.explanation === ''
        ? {}
        : { explanation: bounded(coded.explanation, 1900) }),
      ...(expected ? { expectedByTest: true } : {}),
    }
    await this.#options.observe(
      fact,
      [screen, log].filter((id) => id !== undefined),
    )
  }

  async #serialSize(): Promise<number> {
    const { serial } = this.#options.machine
    if (serial === undefined) return 0
    return await stat(serial.path).then(
      ({ size }) => size,
      () => 0,
    )
  }

  async #serialText(): Promise<string> {
    const { serial } = this.#options.machine
    if (serial === undefined) return ''
    const size = await this.#serialSize()
    // A log that is no plain file (or was rotated) has no size to count from: then all of its end is read.
    const length = size > this.#mark ? size - this.#mark : SERIAL_BYTES
    const tail = await serial.tail(Math.min(length, SERIAL_BYTES)).catch(() => Buffer.alloc(0))
    return printable(tail.toString('utf8'))
  }
}
