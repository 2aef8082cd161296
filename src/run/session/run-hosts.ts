/** Looks at the hosts that a plan needs before anything starts on them. */
import { AppError, asAppError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { Journal } from '../../record/journal.ts'
import type { HostParts, RunParts } from '../run-parts.ts'
import type { HostCapacity } from '../schedule/slots.ts'

const INSPECT_MS = 120_000

/**
 * The capacities of the hosts that can be used; the others are written down as drained, with the reason.
 * @throws AppError HOST_NONE (host) when no host is left for a provider that the plan names
 */
export async function inspectHosts(
  plan: Plan,
  parts: RunParts,
  journal: Journal,
  signal: AbortSignal,
): Promise<readonly HostCapacity[]> {
  const needed = new Set(plan.cells.map((cell) => cell.provider))
  const hosts = parts.hosts.filter(({ provider }) => needed.has(provider.name))
  const looked = await Promise.all(hosts.map((host) => inspectHost(host, parts, journal, signal)))
  signal.throwIfAborted()
  const usable = looked.filter((host) => host !== undefined)
  for (const provider of needed)
    if (!usable.some((host) => host.provider === provider))
      throw new AppError('HOST_NONE', 'host', `no host with provider "${provider}" can be used`, {
        hint: 'run `ringzero doctor --lab FILE`: it says what is missing and how to fix it; then `ringzero resume RUN`',
      })
  return usable
}

async function inspectHost(
  { host, provider }: HostParts,
  parts: RunParts,
  journal: Journal,
  signal: AbortSignal,
): Promise<HostCapacity | undefined> {
  const { clock, log } = parts
  const drain = async (because: string): Promise<undefined> => {
    log.log('warn', `host ${host.name} is not used: ${because}`)
    await journal.append({ type: 'host-drained', at: clock.now(), host: host.name, because })
    return undefined
  }
  try {
    const found = await provider.inspectHost({ signal, deadline: clock.now() + INSPECT_MS, log, clock })
    const facts = JSON.parse(JSON.stringify(found.facts)) as Record<string, never>
    await journal.append({
      type: 'host-inspected',
      at: clock.now(),
      host: host.name,
      provider: provider.name,
      facts,
    })
    const missing = found.findings.find((finding) => finding.required && finding.state === 'missing')
    if (missing !== undefined) return await drain(missing.message)
    return { name: host.name, provider: provider.name, ...host.capacity }
  } catch (error) {
    signal.throwIfAborted()
    const { code, message } = asAppError(error)
    if (code.startsWith('JOURNAL_')) throw error
    return await drain(message)
  }
}
