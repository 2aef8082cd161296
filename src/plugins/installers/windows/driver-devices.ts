/** Whether devices really run a driver package: a package can lie in the driver store while its device runs another. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import { bounded, oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Target } from '../../../sdk/installer.ts'
import type { InfFacts } from './inf.ts'
import { windowsOf } from './recipe.ts'

type Expectation = FactOf<'expectation'>

/** As the script answers; Windows PowerShell writes a list of one as the thing itself and an empty one as null. */
const DevicesSchema = z.object({
  /** Win32_OperatingSystem.ProductType. */
  product: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  devices: z.preprocess(
    (value) => (value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z
      .array(
        z.object({
          id: z.string().max(400),
          inf: z.string().max(260),
          classGuid: z.string().max(64),
          problem: z.int(),
        }),
      )
      .max(1000),
  ),
})
type Device = z.output<typeof DevicesSchema>['devices'][number]

/** Extensions ride on another package's driver: no device is bound to them (Microsoft, "Using an extension INF file"). */
const EXTENSION = '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}'

/**
 * For each device of the machine that the INF names: it runs this package, without a problem, in the package's class.
 * Where the INF names hardware and the machine has none of it, a warning says that the driver never ran; of an INF that
 * names none (filters, primitive drivers) nothing is said, and where its models were passed over, a warning says which. `packages` are the published names of the package.
 * @throws AppError GUEST_PROBE when the answer cannot be read
 */
export async function verifyDevices(
  file: string,
  inf: InfFacts,
  packages: readonly string[],
  target: Target,
  ctx: Context,
): Promise<readonly Expectation[]> {
  const sorts = Object.values(inf.models)
  if (inf.classGuid === EXTENSION) return []
  if (sorts.every(({ ids, passedOver }) => ids.length === 0 && passedOver.length === 0)) return []
  const text = await readFile(assetPath('plugins/installers/windows/devices.ps1'), 'utf8')
  const ids = Object.fromEntries(Object.entries(inf.models).map(([product, models]) => [product, models.ids]))
  const parameters = { ids, packages }
  const answer = await windowsOf(target).runScript({ name: 'devices', text }, parameters, target.guest, ctx)
  const parsed = DevicesSchema.safeParse(answer)
  if (!parsed.success)
    throw new AppError('GUEST_PROBE', 'host', 'the guest’s answer about its devices cannot be read')
  const { devices, product } = parsed.data
  const models = inf.models[product]
  if (models.ids.length === 0 && models.passedOver.length > 0 && devices.length === 0)
    return [
      expectation(`driver-device:${file}`, {
        expected: 'a device runs it',
        seen: `not looked at: the INF has no models for this Windows (${models.passedOver.join('; ')})`,
        holds: false,
        severity: 'warn',
      }),
    ]
  if (devices.length === 0)
    return [
      expectation(`driver-device:${file}`, {
        expected: 'a device runs it',
        seen: 'no device of this machine has a hardware id of the package: its driver was never run here',
        holds: false,
        severity: 'warn',
      }),
    ]
  return devices.flatMap((device) => deviceFacts(file, inf, packages, device))
}

function deviceFacts(
  file: string,
  inf: InfFacts,
  packages: readonly string[],
  device: Device,
): readonly Expectation[] {
  const bound = packages.some((name) => name.toLowerCase() === device.inf.toLowerCase())
  const running = expectation(`driver-device:${file}:${device.id}`, {
    expected: `runs ${packages.join(' or ')}, without a problem`,
    seen: `runs ${device.inf === '' ? 'no driver' : device.inf}, problem code ${device.problem}`,
    holds: bound && device.problem === 0,
  })
  if (!bound || inf.classGuid === undefined) return [running]
  return [
    running,
    expectation(`driver-class:${file}:${device.id}`, {
      expected: `class ${inf.classGuid}`,
      seen: `class ${device.classGuid === '' ? 'unknown' : device.classGuid.toLowerCase()}`,
      holds: device.classGuid.toLowerCase() === inf.classGuid,
    }),
  ]
}

function expectation(
  subject: string,
  fact: {
    readonly expected: string
    readonly seen: string
    readonly holds: boolean
    readonly severity?: 'warn'
  },
): Expectation {
  return {
    kind: 'expectation',
    subject: bounded(`installed:${subject}`, 480),
    expected: bounded(fact.expected, 1900),
    seen: oneLine(fact.seen, 3900),
    holds: fact.holds,
    symptom: 'update-not-applied',
    severity: fact.severity ?? 'fail',
  }
}
