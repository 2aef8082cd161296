/** What doctor says of a lab's products and images: what is not in place, what cannot be read, what ends soon. */
import type { Instant } from '../kit/clock.ts'
import { listImages } from '../lab/image-store.ts'
import { AppError } from '../model/errors.ts'
import type { GuestCommand } from '../model/command.ts'
import type { AbsentProduct, LoadedProduct } from '../model/product.ts'
import type { HostFinding } from '../sdk/provider.ts'
import type { OpenLab } from './open-lab.ts'
import { productQuestions } from '../inputs/package/product-commands.ts'

const DAY_MS = 86_400_000
/** A licence that ends this soon may end while its layers are in use. */
const SOON_DAYS = 14

type FoundLab = Pick<OpenLab, 'lab' | 'products' | 'absent' | 'secret'>

/** None of them is required: cells of a product that is not in place are left out, the others run. */
export async function labFindings(opened: FoundLab, now: Instant): Promise<readonly HostFinding[]> {
  return [
    ...opened.absent.map(absentFinding),
    ...[...opened.products.values()].flatMap((product) => secretFindings(product, opened.secret)),
    ...(await endingLicences(opened, now)).map((message, index): HostFinding => ({
      id: `licence-${index + 1}`,
      state: 'degraded',
      message,
      required: false,
    })),
  ]
}

function absentFinding({ id, folder, lacking, obtain }: AbsentProduct): HostFinding {
  const source = obtain === undefined ? '' : `; get it from ${obtain}`
  return {
    id: `product-${id}`,
    state: 'missing',
    message: `product "${id}" is not in place, its cells are left out: ${lacking.join('; ')}${source}; it belongs into ${folder}, its sha256 into product.yaml there`,
    required: false,
  }
}

/** Secrets that installing, asking or removing a product takes and that are not set. */
function secretFindings(product: LoadedProduct, secret: OpenLab['secret']): HostFinding[] {
  const recipes = [product.recipes?.windows, product.recipes?.linux]
  const commands: readonly GuestCommand[] = [
    ...recipes.flatMap((recipe) => [
      ...(recipe?.install?.run ?? []),
      ...(recipe?.verify?.run ?? []),
      ...(recipe?.rollback?.run ?? []),
    ]),
    ...productQuestions(product).map(({ command }) => command),
  ]
  const names = new Set([
    ...(product.licenceSecret === undefined ? [] : [product.licenceSecret]),
    ...commands.flatMap((command) => Object.values(command.secretEnvironment ?? {})),
  ])
  return [...names].flatMap((name): HostFinding[] => {
    const reason = unreadable(name, secret)
    if (reason === undefined) return []
    return [
      {
        id: `secret-${name}`,
        state: 'missing',
        message: `product "${product.id}" needs the secret "${name}": ${reason}`,
        required: false,
      },
    ]
  })
}

function unreadable(name: string, secret: OpenLab['secret']): string | undefined {
  try {
    secret(name)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`
  }
}

/** Licences of products and evaluation images that ended, or end within two weeks, each as a sentence. */
export async function endingLicences(
  { lab, products }: Pick<OpenLab, 'lab' | 'products'>,
  now: Instant,
): Promise<readonly string[]> {
  const dated: (readonly [string, string | undefined])[] = [...products.values()].map(({ id, expires }) => [
    `the licence of product "${id}"`,
    expires,
  ])
  const built = await listImages(lab.storeFolder)
  for (const image of lab.images ?? []) {
    const recorded = built.find(({ id }) => id === image.id)?.facts['expires']
    const ends = image.expires ?? (typeof recorded === 'string' ? recorded : undefined)
    dated.push([`the licence of image "${image.id}"`, ends])
  }
  return dated.flatMap(([what, date]) => {
    const end = date === undefined || date === '' ? Number.NaN : Date.parse(`${date}T00:00:00Z`) + DAY_MS
    if (Number.isNaN(end) || end - now > SOON_DAYS * DAY_MS) return []
    return [end <= now ? `${what} ended on ${date}` : `${what} ends on ${date}`]
  })
}
