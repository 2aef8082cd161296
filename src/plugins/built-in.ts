/** All that ships: made with the same contracts as a stranger's plugin, one line each. */
import type { DialectName } from '../model/recipe.ts'
import type { Dialect } from '../sdk/dialect.ts'
import { definePlugin, PLUGIN_API_VERSION } from '../sdk/plugin.ts'
import { bootFacts } from './checks/boot-facts.ts'
import { candidatePresent } from './checks/candidate-present.ts'
import { crashRecords } from './checks/crash-records.ts'
import { drivers } from './checks/drivers.ts'
import { events } from './checks/events.ts'
import { launch } from './checks/launch.ts'
import { network } from './checks/network.ts'
import { productFiles } from './checks/product-files.ts'
import { productHealth } from './checks/product-health.ts'
import { profile } from './checks/profile.ts'
import { resources } from './checks/resources.ts'
import { rollbackComplete } from './checks/rollback-complete.ts'
import { services } from './checks/services.ts'
import { systemFiles } from './checks/system-files.ts'
import { versions } from './checks/versions.ts'
import { guestFiles } from './collectors/guest-files.ts'
import { offlineDisk } from './collectors/offline-disk.ts'
import { screen } from './collectors/screen.ts'
import { serial } from './collectors/serial.ts'
import { windowsDialect } from './dialects/windows/windows-dialect.ts'
import { contentInstaller } from './installers/content.ts'
import { scriptInstaller } from './installers/script.ts'

/** Installers are asked in this order; collectors run in this order: the one that powers the machine off is the last. */
export const builtIn = definePlugin({
  name: 'ringzero',
  apiVersion: PLUGIN_API_VERSION,
  checks: [
    bootFacts,
    profile,
    services,
    drivers,
    productHealth,
    systemFiles,
    productFiles,
    candidatePresent,
    network,
    launch,
    events,
    crashRecords,
    versions,
    rollbackComplete,
    // The last: what it measures is the machine at rest after the others have looked.
    resources,
  ],
  collectors: [serial, screen, guestFiles, offlineDisk],
  installers: [contentInstaller, scriptInstaller],
})

/** The languages of guests; a simulated host brings its own. */
export const builtInDialects: ReadonlyMap<DialectName, Dialect> = new Map([['windows', windowsDialect]])
