/** Reads a product's folder: every file there and as pinned, a way to tell that it is healthy, its recipes complete. */
import { dirname } from 'node:path'
import { hashJson } from '../../kit/hash.ts'
import { nearestWord } from '../../kit/nearest-word.ts'
import { AppError, type Problem, type Where } from '../../model/errors.ts'
import { ProductSchema, type LoadedProduct, type Product } from '../../model/product.ts'
import type { DialectName } from '../../model/recipe.ts'
import type { Artifact } from '../../sdk/installer.ts'
import { completeRecipe, mainFile, recipeHint } from './default-recipe.ts'
import { invalidInput, loadYaml, sortByPosition } from '../load-yaml.ts'
import { findPackageFile } from './package-folder.ts'
import { findFileProblems } from './pinned-files.ts'
import { findRecipeProblems, secretHint, unknownSecrets, type RecipeSurroundings } from './recipe-problems.ts'

/**
 * The product in a folder with product.yaml. `secrets` are the names of the lab's secrets; references are checked when given.
 * @throws AppError INPUT_MISSING or INPUT_INVALID (user) with every problem of the file and of what it lists
 */
export async function loadProduct(path: string, secrets?: ReadonlySet<string>): Promise<LoadedProduct> {
  const file = await findPackageFile(path, 'product.yaml', 'product')
  const folder = dirname(file)
  const loaded = await loadYaml(file, ProductSchema, 'product')
  const product = loaded.value
  const built = product.prepare === undefined ? [] : [product.prepare.output]
  const around: RecipeSurroundings = {
    files: [...product.files.map((entry) => entry.path), ...built],
    where: (steps) => loaded.where(steps),
    secrets,
  }
  const problems = [
    ...(await findFileProblems(folder, product.files, around.where)),
    ...mainProblems(product, around),
    ...findRecipeProblems(product.recipes ?? {}, around),
    ...dialectProblems(product, around.where),
    ...secretProblems(product, around),
  ]
  if (problems.length > 0) throw invalidInput(file, 'product', sortByPosition(problems))
  return { ...product, folder, sha256: hashJson(product) }
}

/** Dialects that the product is for: those it names, else those it can be asked in. */
export function productDialects(product: Product): readonly DialectName[] {
  const asked = (['linux', 'windows'] as const).filter((dialect) => product.health[dialect] !== undefined)
  return product.dialects ?? asked
}

/**
 * What an installer gets: the product with its kind's default recipe for this dialect.
 * @throws AppError RECIPE_MISSING (user) when it has none
 */
export function productArtifact(product: LoadedProduct, dialect: DialectName): Artifact {
  const recipe = completeRecipe(product, dialect)
  if (recipe === undefined) {
    throw new AppError(
      'RECIPE_MISSING',
      'user',
      `product ${product.id} cannot be installed in ${dialect} guests`,
      {
        where: { file: `${product.folder}/product.yaml`, field: `recipes.${dialect}` },
        hint: recipeHint(product, dialect),
      },
    )
  }
  const main = mainFile(product, dialect)
  const { id, kind, release, folder, files } = product
  return { id, kind, release, folder, files, recipe, ...(main === undefined ? {} : { main }) }
}

function mainProblems(product: Product, around: RecipeSurroundings): Problem[] {
  const { main } = product
  if (main === undefined || around.files.includes(main)) return []
  const near = nearestWord(main, around.files)
  const hint = near === undefined ? 'name one of files' : `did you mean "${near}"?`
  return [{ message: `main "${main}" is not one of files`, hint, where: around.where(['main']) }]
}

function dialectProblems(product: Product, where: (steps: readonly PropertyKey[]) => Where): Problem[] {
  const dialects = productDialects(product)
  if (dialects.length === 0) {
    const hint = 'add health: {linux: {probe: {program: …}}}'
    return [{ message: 'nothing says how to tell that it is healthy', hint, where: where(['health']) }]
  }
  return dialects.flatMap((dialect): Problem[] => {
    const health = product.health[dialect]
    const said = [health?.services, health?.drivers, health?.minifilters].some(
      (list) => (list ?? []).length > 0,
    )
    const healthy = health?.probe !== undefined || health?.securityCenterName !== undefined || said
    return [
      ...(healthy
        ? []
        : [
            {
              message: `nothing says how to tell that it is healthy in ${dialect} guests`,
              hint: 'add a probe (a command that ends with 0 while it protects), services or drivers',
              where: where(health === undefined ? ['health'] : ['health', dialect]),
            },
          ]),
      ...(completeRecipe(product, dialect) === undefined
        ? [
            {
              message: `kind ${product.kind} has no recipe for ${dialect} guests`,
              hint: recipeHint(product, dialect),
              where: where(product.recipes?.[dialect] === undefined ? ['kind'] : ['recipes', dialect]),
            },
          ]
        : []),
    ]
  })
}

function secretProblems(product: Product, around: RecipeSurroundings): Problem[] {
  const { licenceSecret } = product
  const { secrets, where } = around
  if (secrets === undefined) return []
  const licence =
    licenceSecret === undefined || secrets.has(licenceSecret)
      ? []
      : [
          {
            message: `the lab defines no secret "${licenceSecret}"`,
            hint: secretHint(licenceSecret, secrets),
            where: where(['licenceSecret']),
          },
        ]
  const probes = (['linux', 'windows'] as const).flatMap((dialect) => {
    const probe = product.health[dialect]?.probe
    return probe === undefined ? [] : unknownSecrets(probe, ['health', dialect, 'probe'], around)
  })
  return [...licence, ...probes]
}
