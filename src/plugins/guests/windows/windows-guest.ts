/** What only Windows can be asked: the facet of the Windows guest OS. */
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type {
  MinifilterFact,
  NetworkFilterFacts,
  ProtectionFacts,
  SecurityFacts,
  WindowsGuest,
} from '../../../sdk/windows-guest.ts'
import { lookUpAltitude, vendorsOfDriver } from './altitude.ts'
import { explainBugCheck } from './bug-check.ts'
import { parseFltmc } from './fltmc-table.ts'
import { readEvents } from './read-events.ts'
import { runGuestScript, runProbe } from './run-probe.ts'
import { decodeProductState } from './security-product-state.ts'
import {
  DriverPackagesAnswer,
  MinifiltersAnswer,
  NetworkFiltersAnswer,
  ProgramsAnswer,
  ProtectionAnswer,
  ReportsAnswer,
  SecurityAnswer,
  ServicingAnswer,
  TasksAnswer,
} from './windows-answers.ts'

export const windowsGuest: WindowsGuest = {
  runScript: runGuestScript,
  minifilters: readMinifilters,
  security: readSecurity,
  protection: readProtection,
  async driverPackages(guest, ctx) {
    return (await runProbe('driver-packages', {}, DriverPackagesAnswer, guest, ctx)).packages
  },
  servicing: (packages, guest, ctx) => runProbe('servicing', { packages }, ServicingAnswer, guest, ctx),
  async programs(guest, ctx) {
    return (await runProbe('programs', {}, ProgramsAnswer, guest, ctx)).programs
  },
  async tasks(guest, ctx) {
    const { tasks } = await runProbe('tasks', {}, TasksAnswer, guest, ctx)
    // Every Windows has some: an empty list is an answer that was not understood.
    if (tasks.length > 0) return tasks
    throw new AppError('GUEST_PROBE', 'host', 'the task scheduler lists no task')
  },
  reports: (guest, ctx) => runProbe('reports', {}, ReportsAnswer, guest, ctx),
  networkFilters: (guest, ctx): Promise<NetworkFilterFacts> =>
    runProbe('network-filters', {}, NetworkFiltersAnswer, guest, ctx),
  eventRecords: readEvents,
  explainBugCheck,
  vendorsOfDriver,
}

/**
 * Filters that are loaded, as the filter manager lists them; legacy filters have no altitude and are left out.
 * fltmc's answer is preferred over the registry, which only says what should be.
 */
async function readMinifilters(guest: Channel, ctx: Context): Promise<readonly MinifilterFact[]> {
  const answer = await runProbe('minifilters', {}, MinifiltersAnswer, guest, ctx)
  return parseFltmc(answer.lines).flatMap(({ name, altitude, instances }): MinifilterFact[] => {
    if (altitude === undefined) return []
    const { group, owners } = lookUpAltitude(altitude)
    const companies = [...new Set(owners.map(({ company }) => company))]
    return [{ name, altitude, instances, owners: companies, ...(group === undefined ? {} : { group }) }]
  })
}

async function readSecurity(guest: Channel, ctx: Context): Promise<SecurityFacts> {
  const { products, defender } = await runProbe('security', {}, SecurityAnswer, guest, ctx)
  return {
    ...(products === undefined
      ? {}
      : {
          products: products.map(({ sort, name, state }) => ({
            sort: sort === 'AntiVirusProduct' ? ('antivirus' as const) : ('firewall' as const),
            name,
            ...decodeProductState(state),
          })),
        }),
    ...(defender === null || defender === undefined ? {} : { defender }),
  }
}

async function readProtection(guest: Channel, ctx: Context): Promise<ProtectionFacts> {
  const answer = await runProbe('protection', {}, ProtectionAnswer, guest, ctx)
  const { secureBoot, vbs, memoryIntegrity, memoryIntegrityConfigured, tpm } = answer
  const { driverPolicy, kernelBuild, secureBootCertificates } = answer
  return {
    ...(typeof secureBoot === 'boolean' ? { secureBoot } : {}),
    ...(typeof vbs === 'boolean' ? { vbs } : {}),
    ...(typeof memoryIntegrity === 'boolean' ? { memoryIntegrity } : {}),
    ...(typeof memoryIntegrityConfigured === 'boolean' ? { memoryIntegrityConfigured } : {}),
    ...(tpm === null || tpm === undefined ? {} : { tpm }),
    testSigning: answer.testSigning,
    ...(typeof driverPolicy === 'string' ? { driverPolicy } : {}),
    ...(typeof kernelBuild === 'number' ? { kernelBuild } : {}),
    ...(Array.isArray(secureBootCertificates) ? { secureBootCertificates } : {}),
    bitLocker: answer.bitLocker,
    verifier: {
      flags: `0x${Math.max(0, answer.verifierFlags).toString(16)}`,
      drivers: answer.verifierDrivers.split(/\s+/).filter((name) => name !== ''),
    },
  }
}
