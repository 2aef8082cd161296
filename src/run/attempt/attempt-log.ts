/** Writes what one attempt does and sees into the journal, and remembers the little that its own phases ask back. */
import type { z } from 'zod'
import { compileSchema } from '../../kit/compiled-schema.ts'
import { oneLine } from '../../kit/text.ts'
import type { Clock, Instant } from '../../kit/clock.ts'
import type { ErrorRecord } from '../../model/errors.ts'
import type { AttemptEnd, RunEvent } from '../../model/event.ts'
import {
  FactSchema,
  LONGEST_SOURCE,
  ObservationSchema,
  type Fact,
  type Observation,
} from '../../model/observation.ts'
import type { Phase, PhaseEnd } from '../../model/phase.ts'
import type { EvidenceRecord } from '../../model/report.ts'
import type { MachineRef } from '../../model/machine-ref.ts'
import type { AttemptKey } from '../../record/run-folder.ts'
import type { Journal } from '../../record/journal.ts'

/** A plugin may go on with the object that it returned. */
const parseForeign = compileSchema(FactSchema)
const parseOwn = compileSchema(FactSchema, { keep: true })

export class AttemptLog {
  readonly key: AttemptKey
  readonly #journal: Journal
  readonly #clock: Clock
  /** The phase that is open now. */
  phase: Phase = 'provision'
  /** Something was seen that a person will want evidence for. */
  symptomatic = false
  /** Titles of the crashes that were seen. */
  readonly crashes: string[] = []
  /** Checks or collectors that broke: the run ends with exit 4. */
  pluginFaults = 0

  constructor(key: AttemptKey, journal: Journal, clock: Clock) {
    this.key = key
    this.#journal = journal
    this.#clock = clock
  }

  opened(host: string, slot: number): Promise<void> {
    return this.#write({ type: 'attempt-opened', ...this.#head(), host, slot })
  }

  closed(end: AttemptEnd): Promise<void> {
    return this.#write({ type: 'attempt-closed', ...this.#head(), end })
  }

  /** A machine that is about to be made from an image of this content. */
  machineAnnounced(ref: MachineRef, imageSha256: string | undefined): Promise<void> {
    return this.#write({
      type: 'machine-announced',
      ...this.#head(),
      ref: { ...ref, details: { ...ref.details } },
      ...(imageSha256 === undefined ? {} : { imageSha256 }),
    })
  }

  machineCreated(ref: MachineRef): Promise<void> {
    return this.#write({
      type: 'machine-created',
      ...this.#head(),
      ref: { ...ref, details: { ...ref.details } },
    })
  }

  machineGone(what: 'machine-destroyed' | 'machine-kept', name: string): Promise<void> {
    return this.#write({ type: what, ...this.#head(), name })
  }

  openPhase(phase: Phase, deadline: Instant): Promise<void> {
    this.phase = phase
    return this.#write({ type: 'phase-opened', ...this.#head(), phase, deadline })
  }

  closePhase(phase: Phase, end: PhaseEnd): void {
    if (end === 'symptom' || end === 'deadline') this.symptomatic = true
    this.#journal.note({ type: 'phase-closed', ...this.#head(), phase, end })
  }

  /** A check looked and came to its end. One fact that breaks the format is the check's fault and is kept as "could not look". */
  async looked(check: string, facts: readonly Fact[]): Promise<void> {
    const seen: Fact[] = []
    // Ids of plugins carry the plugin's name.
    const parseFact = check.includes('/') ? parseForeign : parseOwn
    for (const fact of facts) {
      const parsed = parseFact(fact)
      if (parsed.success) seen.push(this.#heed(parsed.data))
      else await this.#brokenFact(check, parsed.error)
    }
    this.#journal.note({ type: 'check-ran', ...this.#head(), phase: this.phase, check, facts: seen })
  }

  evidence(record: EvidenceRecord): Promise<void> {
    return this.#write({ type: 'evidence-saved', ...this.#head(), evidence: record })
  }

  /** An observed fact. A fact that breaks the format is its source's fault and is kept as "could not look". */
  async observe(source: string, fact: Fact, evidence: readonly string[] = []): Promise<void> {
    const parsed = this.#parse(source, fact, evidence)
    if (!parsed.success) return await this.#brokenFact(source, parsed.error)
    this.#heed(parsed.data.fact)
    await this.#write({ type: 'observed', ...this.#head(), observation: parsed.data })
  }

  #parse(source: string, fact: Fact, evidence: readonly string[]): z.ZodSafeParseResult<Observation> {
    const parsed = parseForeign(fact)
    const observation = { at: this.#clock.now(), phase: this.phase, source, evidence: [...evidence] }
    // All but the fact and the length of the source's name is made here.
    if (parsed.success && source.length <= LONGEST_SOURCE)
      return { success: true, data: { ...observation, fact: parsed.data } }
    return ObservationSchema.safeParse({ ...observation, fact })
  }

  #heed(fact: Fact): Fact {
    if (isSymptomatic(fact)) this.symptomatic = true
    if (fact.kind === 'crash') this.crashes.push(fact.title)
    return fact
  }

  async #brokenFact(source: string, { issues }: z.ZodError): Promise<void> {
    const issue = issues[0]
    const reason = oneLine(
      `it returned a broken fact: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    )
    await this.pluginFault(source, 'PLUGIN_FACT', reason)
  }

  /** A check or collector broke: noted as its fault, and as something that was not looked at. */
  async pluginFault(source: string, code: string, reason: string): Promise<void> {
    this.pluginFaults += 1
    await this.fault({ code, fault: 'plugin', message: `${source}: ${reason}` })
    await this.observe('run', { kind: 'blind', subject: source.slice(0, 512), reason: oneLine(reason, 1900) })
  }

  fault(fault: ErrorRecord): Promise<void> {
    const { code, message, hint } = fault
    return this.#write({
      type: 'fault',
      ...this.#head(),
      phase: this.phase,
      fault: {
        code,
        fault: fault.fault,
        message: oneLine(message, 2000),
        ...(hint === undefined ? {} : { hint: oneLine(hint, 1000) }),
      },
    })
  }

  #head(): { readonly at: number } & AttemptKey {
    return { at: this.#clock.now(), ...this.key }
  }

  #write(event: RunEvent): Promise<void> {
    return this.#journal.append(event)
  }
}

/** Whether a fact is worth collecting evidence for. It decides no verdict: the judge compares with the control. */
function isSymptomatic(fact: Fact): boolean {
  switch (fact.kind) {
    case 'crash':
    case 'hang':
    case 'stuck':
    case 'power':
      return true
    case 'boot':
      return fact.ended !== 'settled'
    case 'install':
      return fact.outcome !== 'ok' && fact.outcome !== 'reboot'
    case 'expectation':
      return !fact.holds && fact.severity === 'fail'
    default:
      return false
  }
}
