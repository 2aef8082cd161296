/** All that ships: made with the same contracts as an outside author's plugin, one line each. */
import type { OsName } from '../model/recipe.ts'
import type { GuestOs } from '../sdk/guest-os.ts'
import { definePlugin, PLUGIN_API_VERSION } from '../sdk/plugin.ts'
import { bootFacts } from './checks/any/boot-facts.ts'
import { candidatePresent } from './checks/any/candidate-present.ts'
import { crashRecords } from './checks/any/crash-records.ts'
import { drivers } from './checks/any/drivers.ts'
import { events } from './checks/any/events.ts'
import { firstLogon } from './checks/any/first-logon.ts'
import { fingerprint } from './checks/any/fingerprint.ts'
import { launch } from './checks/any/launch.ts'
import { network } from './checks/any/network.ts'
import { productHealth } from './checks/any/product-health.ts'
import { profile } from './checks/any/profile.ts'
import { resources } from './checks/any/resources.ts'
import { roles } from './checks/any/roles.ts'
import { rollbackComplete } from './checks/any/rollback-complete.ts'
import { services } from './checks/any/services.ts'
import { versions } from './checks/any/versions.ts'
import { windowsBugcheck } from './checks/windows/bugcheck.ts'
import { windowsCodeIntegrity } from './checks/windows/code-integrity.ts'
import { windowsDriverLoad } from './checks/windows/driver-load.ts'
import { windowsDriverVerifier } from './checks/windows/driver-verifier.ts'
import { windowsDriverTrust } from './checks/windows/driver-trust.ts'
import { windowsHvci } from './checks/windows/hvci.ts'
import { windowsLeftovers } from './checks/windows/leftovers.ts'
import { windowsMinifilters } from './checks/windows/minifilters.ts'
import { windowsRecovery } from './checks/windows/recovery.ts'
import { windowsSafeMode } from './checks/windows/safe-mode.ts'
import { windowsSecurityCenter } from './checks/windows/security-center.ts'
import { windowsTasks } from './checks/windows/tasks.ts'
import { windowsUpdatePresent } from './checks/windows/update-present.ts'
import { guestFiles } from './collectors/guest-files.ts'
import { offlineDisk } from './collectors/offline-disk.ts'
import { screen } from './collectors/screen.ts'
import { serial } from './collectors/serial.ts'
import { windowsDumps } from './collectors/windows-dumps.ts'
import { linuxGuestOs } from './guests/linux/linux-guest-os.ts'
import { windowsGuestOs } from './guests/windows/windows-guest-os.ts'
import { contentInstaller } from './installers/linux/content.ts'
import { scriptInstaller } from './installers/linux/script.ts'
import { windowsContentInstaller } from './installers/windows/content.ts'
import { windowsDriverInstaller } from './installers/windows/driver.ts'
import { windowsMsiInstaller } from './installers/windows/msi.ts'
import { windowsScriptInstaller } from './installers/windows/script.ts'
import { windowsServicingInstaller } from './installers/windows/servicing.ts'
import { hyperVProviderFactory } from './providers/hyper-v/hyper-v-provider.ts'
import { dockerProviderFactory } from './providers/docker/provider.ts'
import { qemuProviderFactory } from './providers/qemu/provider.ts'
import { simulatedProvider } from './providers/simulated/simulated-provider.ts'
import { htmlReporter } from './reporters/html.ts'
import { jsonReporter } from './reporters/json.ts'
import { junitReporter } from './reporters/junit.ts'
import { githubCommentReporter, markdownReporter } from './reporters/markdown.ts'

/** Installers are asked in this order; collectors run in this order: the collector that powers the machine off is the last. */
export const builtIn = definePlugin({
  name: 'ringzero',
  apiVersion: PLUGIN_API_VERSION,
  checks: [
    bootFacts,
    profile,
    services,
    drivers,
    productHealth,
    fingerprint,
    roles,
    candidatePresent,
    network,
    launch,
    firstLogon,
    events,
    crashRecords,
    versions,
    rollbackComplete,
    windowsBugcheck,
    windowsCodeIntegrity,
    windowsDriverLoad,
    windowsDriverVerifier,
    windowsDriverTrust,
    windowsHvci,
    windowsLeftovers,
    windowsMinifilters,
    windowsRecovery,
    windowsSafeMode,
    windowsSecurityCenter,
    windowsTasks,
    windowsUpdatePresent,
    // The last: what it measures is the machine at rest after the others have looked.
    resources,
  ],
  collectors: [serial, screen, guestFiles, windowsDumps, offlineDisk],
  installers: [
    contentInstaller,
    scriptInstaller,
    windowsContentInstaller,
    windowsDriverInstaller,
    windowsMsiInstaller,
    windowsScriptInstaller,
    windowsServicingInstaller,
  ],
  providers: [qemuProviderFactory, dockerProviderFactory, hyperVProviderFactory, simulatedProvider],
  reporters: [junitReporter(), jsonReporter, markdownReporter, githubCommentReporter, htmlReporter],
})

/** The languages of guests; a simulated host brings its own. */
export const builtInGuestSystems: ReadonlyMap<OsName, GuestOs> = new Map([
  ['linux', linuxGuestOs],
  ['windows', windowsGuestOs],
])

/** Names of the providers whose host is the computer that ringzero runs on. */
export const builtInHostsOfThisComputer: readonly string[] = (builtIn.providers ?? [])
  .filter(({ isThisComputer }) => isThisComputer === true)
  .map(({ name }) => name)
