/** Reads partners.yaml and checks what a schema cannot: names that are used twice, products with two owners. */
import { dirname, resolve } from 'node:path'
import type { Problem } from '../model/errors.ts'
import { AppError } from '../model/errors.ts'
import { PartnersSchema, type Partner, type Partners } from '../model/partners.ts'
import { nearestWord } from '../kit/nearest-word.ts'
import { invalidInput, loadYaml, sortByPosition, type LoadedYaml } from './load-yaml.ts'
import { secretReader } from './secrets.ts'

export interface LoadedPartners extends Partners {
  /** Paths inside the file count from here. */
  readonly folder: string
}

/** A key that can be guessed is no key: 32 characters of hexadecimal are 128 bits. */
const SHORTEST_KEY = 32

/** @throws AppError INPUT_INVALID or INPUT_MISSING with all problems */
export async function loadPartners(path: string): Promise<LoadedPartners> {
  const file = resolve(path)
  const loaded = await loadYaml(file, PartnersSchema, 'partners file')
  const problems = findProblems(loaded)
  if (problems.length > 0) throw invalidInput(file, 'partners file', problems)
  return { ...loaded.value, folder: dirname(file) }
}

/** @throws AppError USAGE (user) for a name that the file does not have */
export function partnerNamed(partners: Partners, name: string): Partner {
  const found = partners.partners.find((partner) => partner.name === name)
  if (found !== undefined) return found
  const names = partners.partners.map((partner) => partner.name)
  const near = nearestWord(name, names)
  throw new AppError('USAGE', 'user', `partners.yaml names no partner "${name}"`, {
    hint: near === undefined ? `use one of: ${names.join(', ')}` : `did you mean "${near}"?`,
  })
}

/** The key of all pseudonyms. @throws AppError SECRET_MISSING, SECRET_EXPOSED, SECRET_WEAK (user) */
export function pseudonymKey({ secret, folder }: LoadedPartners, environment: NodeJS.ProcessEnv): string {
  const value = secretReader([secret], folder, environment)(secret.name)
  if (value.length >= SHORTEST_KEY) return value
  throw new AppError(
    'SECRET_WEAK',
    'user',
    `the secret "${secret.name}" has ${value.length} characters: pseudonyms under a short key can be undone by trying keys`,
    { hint: 'make one by: openssl rand -hex 32' },
  )
}

function findProblems(loaded: LoadedYaml<Partners>): Problem[] {
  const { partners } = loaded.value
  const owners = new Map<string, string>()
  return sortByPosition(
    partners.flatMap(({ name, products }, index): Problem[] => [
      ...(partners.findIndex((partner) => partner.name === name) === index
        ? []
        : [
            {
              message: `"${name}" is used twice in partners`,
              hint: 'give each its own name',
              where: loaded.where(['partners', index, 'name']),
            },
          ]),
      ...products.flatMap((product, place): Problem[] => {
        const owner = owners.get(product)
        owners.set(product, owner ?? name)
        return owner === undefined
          ? []
          : [
              {
                message: `"${product}" is already a product of ${owner}`,
                hint: 'a product belongs to one partner; what is shown of the products of others is set by show.others',
                where: loaded.where(['partners', index, 'products', place]),
              },
            ]
      }),
    ]),
  )
}
