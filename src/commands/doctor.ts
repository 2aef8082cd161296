import { Flags } from '@oclif/core'
import { EXIT } from '../cli/exit-codes.ts'
import { BaseCommand, jsonFlag } from '../cli/base-command.ts'
import { interruption } from '../cli/interruption.ts'
import { confirm, printDocument, printLine, printResult } from '../cli/terminal.ts'

export default class Doctor extends BaseCommand {
  static override summary =
    'Check what this computer can run and print the commands that install what is missing'
  static override flags = {
    json: jsonFlag,
    lab: Flags.string({ description: 'check the hosts of this lab file (default: this computer)' }),
    fix: Flags.boolean({ description: 'run the printed commands after a confirmation' }),
    yes: Flags.boolean({ description: 'run them without a confirmation', dependsOn: ['fix'] }),
    probe: Flags.boolean({
      description:
        'make one empty machine on each host, check everything a run relies on, destroy the machine',
      dependsOn: ['lab'],
      exclusive: ['fix'],
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor)
    if (flags.probe) return await this.#probe(flags.lab ?? '', flags.json)
    const [{ diagnose, fix }, { doctorOptions }, { workingContext }] = await Promise.all([
      import('../app/doctor.ts'),
      import('../app/doctor-options.ts'),
      import('../app/working-context.ts'),
    ])
    const ctx = workingContext(interruption)
    const options = await doctorOptions(flags.lab, ctx)
    let diagnosis = await diagnose(options, ctx)
    if (flags.fix && diagnosis.fixes.length > 0) {
      for (const command of diagnosis.fixes) printLine(`to run: ${command}`)
      if (flags.yes || (await confirm('run these commands?')))
        diagnosis = await fix(diagnosis, options, printLine, ctx)
    }
    if (flags.json) printDocument(diagnosis)
    else (await import('../cli/print-diagnosis.ts')).printDiagnosis(diagnosis)
    this.finish(diagnosis.ready ? EXIT.done : EXIT.inconclusive)
  }

  async #probe(lab: string, json: boolean): Promise<void> {
    const { probeHosts } = await import('../app/probe-hosts.ts')
    const { formatProbe } = await import('../cli/format-probe.ts')
    const report = await probeHosts(lab, interruption)
    if (json) printDocument(report)
    else printResult(formatProbe(report).join('\n'))
    this.finish(report.works ? EXIT.done : EXIT.inconclusive)
  }
}
