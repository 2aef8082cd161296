/** Driver Verifier as a value of the matrix watches drivers by name: where it watches other drivers it shows nothing about the candidate. */
import type { LoadedCandidate } from '../model/candidate.ts'
import type { LoadedProduct } from '../model/product.ts'

/** What the product that ships says until somebody writes his own drivers into a copy of it. */
const PLACEHOLDER = 'your-driver.sys'

/** Why it cannot be used yet; undefined for a product that names drivers of its own, and for any that is not Driver Verifier. */
export function verifierPlaceholder(product: LoadedProduct): string | undefined {
  const placeholder = watchedDrivers(product)?.includes(PLACEHOLDER) ?? false
  return placeholder ? `it watches ${PLACEHOLDER}, a placeholder for the candidate’s drivers` : undefined
}

/** Why a product that switches Driver Verifier on shows nothing about this candidate; undefined for any other product. */
export function verifierRefusal(
  product: LoadedProduct,
  candidate: LoadedCandidate | undefined,
): string | undefined {
  const watched = watchedDrivers(product)
  if (watched === undefined) return undefined
  if (watched.includes(PLACEHOLDER)) return `product "${product.id}" watches ${PLACEHOLDER}, a placeholder`
  const names = (candidate?.files ?? []).map(({ path }) => (path.split('/').at(-1) ?? path).toLowerCase())
  const missed = [...new Set(names)].filter((name) => name.endsWith('.sys') && !watched.includes(name))
  if (missed.length === 0) return undefined
  return `product "${product.id}" does not watch the candidate’s ${missed.join(', ')}`
}

/** In lower case; undefined where nothing of it names drivers to Driver Verifier. */
function watchedDrivers(product: LoadedProduct): readonly string[] | undefined {
  const commands = product.recipes?.windows?.install?.run ?? []
  const lists = commands.flatMap(({ program, arguments: words }) => {
    const start = words.findIndex((word) => word.toLowerCase() === '/driver')
    const isVerifier = /(?:^|\\)verifier(?:\.exe)?$/i.test(program)
    return isVerifier && start >= 0 ? [words.slice(start + 1)] : []
  })
  return lists.length === 0 ? undefined : lists.flat().map((name) => name.toLowerCase())
}
