/** The answers to what only Windows is asked (scripts/*.ps1), as checked shapes. */
import { z } from 'zod'
import { count, list, table, text, word } from './answer.ts'

export const MinifiltersAnswer = z.object({
  lines: list(z.string().max(400), 1000),
  exitCode: count(),
  registered: list(z.object({ name: text(128), altitude: word(64) }), 1000),
})

export const SecurityAnswer = z.object({
  products: z
    .preprocess(
      (value) => value ?? undefined,
      z.optional(
        list(
          z.object({
            sort: z.enum(['AntiVirusProduct', 'FirewallProduct']),
            name: text(200),
            state: count(),
          }),
          64,
        ),
      ),
    )
    .optional(),
  defender: z
    .object({
      mode: text(64),
      realTime: z.boolean(),
      engineVersion: text(64),
      contentVersion: text(64),
      detections: list(z.object({ id: text(64), resources: list(text(400), 20) }), 200),
    })
    .nullish(),
})

export const ProtectionAnswer = z.object({
  secureBoot: z.boolean().nullish(),
  vbs: z.boolean().nullish(),
  memoryIntegrity: z.boolean().nullish(),
  memoryIntegrityConfigured: z.boolean().nullish(),
  testSigning: z.boolean(),
  driverPolicy: z.enum(['enforced', 'evaluation', 'absent']).nullish(),
  kernelBuild: z.number().nullish(),
  secureBootCertificates: list(text(100), 20).nullish(),
  tpm: z.object({ present: z.boolean(), ready: z.boolean(), version: text(64) }).nullish(),
  bitLocker: list(z.object({ volume: text(64), protected: z.boolean() }), 64),
  verifierFlags: count(),
  verifierDrivers: text(2000),
})

export const DriverPackagesAnswer = z.object({
  packages: list(
    z.object({ published: word(260), original: word(260), version: text(64), provider: text(200) }),
    2000,
  ),
})

export const ServicingAnswer = z.object({
  build: text(32),
  edition: text(64),
  language: text(32),
  hotfixes: list(text(32), 1000),
  packages: table(text(64)),
  pending: list(text(200), 32),
  rollbacks: list(text(320), 40),
})

export const ProgramsAnswer = z.object({
  programs: list(z.object({ id: text(260), name: text(260), version: text(64) }), 2000),
})

export const TasksAnswer = z.object({
  tasks: list(z.object({ path: word(400), enabled: z.boolean(), action: text(400) }), 5000),
})

export const ReportsAnswer = z.object({
  errorReports: list(text(260), 500),
  liveDumps: list(text(400), 100),
  reliability: table(count()),
})

export const NetworkFiltersAnswer = z.object({
  providers: table(text(200)),
  filters: table(count()),
  callouts: table(count()),
})
