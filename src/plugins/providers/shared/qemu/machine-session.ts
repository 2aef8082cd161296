/** One life of a machine's process: from its start (or its being found again) to its end. */
import { AppError } from '../../../../model/errors.ts'
import type { Context } from '../../../../sdk/context.ts'
import { MACHINE_FILES } from './build-arguments.ts'
import { hostFault } from './host-faults.ts'
import type { MachineFiles } from './machine-files.ts'
import { QmpClient, type QmpEvent } from './qmp-client.ts'
import type { ProcessEnd, QemuProcess } from './qemu-host.ts'

/** QEMU answered within 0.23 s on a busy host (measured); a start that takes so long is broken. */
const READY_MS = 60_000

type CommandContext = Pick<Context, 'clock' | 'deadline' | 'signal'>

export class MachineSession {
  readonly process: QemuProcess
  /** Settles when the process is gone and its last event was handed over. */
  readonly ended: Promise<ProcessEnd>
  /** Set as soon as somebody of ours asked for the end. */
  endAsked = false
  readonly #files: MachineFiles
  readonly #qmp: QmpClient
  #sequence = 0

  private constructor(process: QemuProcess, qmp: QmpClient, files: MachineFiles, ended: Promise<ProcessEnd>) {
    this.process = process
    this.ended = ended
    this.#qmp = qmp
    this.#files = files
  }

  /** Waits until QEMU takes commands. A process that does not is killed. @throws AppError fault "host", DeadlineError */
  static async open(
    process: QemuProcess,
    files: MachineFiles,
    onEvent: (event: QmpEvent, session: MachineSession) => void,
    ctx: Context,
  ): Promise<MachineSession> {
    let endOfEvents: () => void = () => undefined
    const allEvents = new Promise<void>((resolve) => (endOfEvents = resolve))
    const early: QmpEvent[] = []
    let session: MachineSession | undefined
    try {
      const qmp = await QmpClient.connect(
        async () => await files.connect(MACHINE_FILES.qmpSocket),
        { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + READY_MS) },
        {
          onEvent: (event) =>
            session === undefined ? void early.push(event) : session.#take(event, onEvent),
          onClose: endOfEvents,
        },
        process.ended.then(() => 'QEMU ended'),
      )
      const ended = process.ended.then(async (end) => {
        qmp.close()
        await allEvents
        return end
      })
      session = new MachineSession(process, qmp, files, ended)
      for (const event of early) session.#take(event, onEvent)
      return session
    } catch (error) {
      await process.kill()
      const { stderr } = await process.ended
      if (stderr.trim() !== '') throw hostFault('QEMU did not start', stderr, 'HOST_QEMU_FAILED')
      throw error
    }
  }

  /** One command to QEMU. @throws QmpError, QmpClosed, DeadlineError */
  async execute(
    command: string,
    commandArguments: Readonly<Record<string, unknown>>,
    ctx: CommandContext,
  ): Promise<unknown> {
    return await this.#qmp.execute(command, commandArguments, ctx)
  }

  /** What a person would see now, as PNG. @throws AppError HOST_SCREEN */
  async screenshot(ctx: CommandContext): Promise<Buffer> {
    this.#sequence += 1
    const name = `screen-${this.#sequence}.png`
    try {
      await this.execute('screendump', { filename: name, format: 'png' }, ctx)
      return await this.#files.read(name)
    } catch (error) {
      throw new AppError('HOST_SCREEN', 'host', 'QEMU gave no picture of the machine’s screen', {
        cause: error,
      })
    } finally {
      await this.#files.remove([name]).catch(() => undefined)
    }
  }

  /** Whether the guest has the agent's port open, by asking QEMU. */
  async agentPortOpen(ctx: CommandContext): Promise<boolean> {
    const devices = await this.execute('query-chardev', {}, ctx)
    return (
      Array.isArray(devices) &&
      devices.some((device: unknown) => {
        const { label, 'frontend-open': open } = (device ?? {}) as Record<string, unknown>
        return label === 'agent' && open === true
      })
    )
  }

  #take(event: QmpEvent, onEvent: (event: QmpEvent, session: MachineSession) => void): void {
    onEvent(event, this)
  }
}
