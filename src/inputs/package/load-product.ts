/** Reads a product's folder: every file there and as pinned, a way to tell that it is healthy, its recipes complete. */
import { mainProblems } from './artifact-of.ts'
import { dirname } from 'node:path'
import { hashJson } from '../../kit/hash.ts'
import type { Problem, Where } from '../../model/errors.ts'
import { ProductSchema, type AbsentProduct, type LoadedProduct, type Product } from '../../model/product.ts'
import { OsNameSchema, type OsName } from '../../model/recipe.ts'
import { completeRecipe, recipeHint } from './default-recipe.ts'
import { invalidInput, loadYaml, sortByPosition } from '../load-yaml.ts'
import { findPackageFile } from './package-folder.ts'
import { ADD_FILE, inspectFiles } from './pinned-files.ts'
import { productQuestions } from './product-commands.ts'
import { findRecipeProblems, secretHint, unknownSecrets, type RecipeSurroundings } from './recipe-problems.ts'

/**
 * The product in a folder with product.yaml. `secrets` are the names of the lab's secrets; references are checked when given.
 * @throws AppError INPUT_MISSING or INPUT_INVALID (user) with every problem of the file and of what it lists
 */
export async function loadProduct(path: string, secrets?: ReadonlySet<string>): Promise<LoadedProduct> {
  const read = await readProduct(path, secrets)
  return inPlace(read, [...read.problems, ...read.lacking])
}

/**
 * The same for a lab, whose products arrive one by one: one whose files are not there, or not pinned yet, is no error.
 * @throws AppError INPUT_MISSING or INPUT_INVALID (user) for everything else, also for a file with other bits than its hash says
 */
export async function loadLabProduct(
  path: string,
  secrets: ReadonlySet<string>,
): Promise<{ readonly product: LoadedProduct } | { readonly absent: AbsentProduct }> {
  const read = await readProduct(path, secrets)
  const { product, folder, problems, lacking } = read
  if (problems.length > 0 || lacking.length === 0) return { product: inPlace(read, problems) }
  const { id, title, obtain } = product
  return {
    absent: {
      id,
      title,
      folder,
      lacking: lacking.map(({ message, hint = ADD_FILE }) =>
        hint === ADD_FILE ? message : `${message}; ${hint}`,
      ),
      ...(obtain === undefined ? {} : { obtain }),
    },
  }
}

interface ReadProduct {
  readonly product: Product
  readonly file: string
  readonly folder: string
  readonly problems: readonly Problem[]
  /** Its files that are not in place. */
  readonly lacking: readonly Problem[]
}

async function readProduct(path: string, secrets: ReadonlySet<string> | undefined): Promise<ReadProduct> {
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
  const { problems, lacking } = await inspectFiles(folder, product.files, around.where)
  return {
    product,
    file,
    folder,
    lacking,
    problems: [
      ...problems,
      ...mainProblems(product.main, around.files, around.where),
      ...findRecipeProblems(product.recipes ?? {}, around),
      ...systemProblems(product, around.where),
      ...secretProblems(product, around),
    ],
  }
}

/** @throws AppError INPUT_INVALID (user) with these problems, if there are any */
function inPlace({ product, file, folder }: ReadProduct, problems: readonly Problem[]): LoadedProduct {
  if (problems.length > 0) throw invalidInput(file, 'product', sortByPosition(problems))
  const files = product.files.map(({ path, sha256 = '' }) => ({ path, sha256 }))
  return { ...product, files, folder, sha256: hashJson(product) }
}

/** Guest operating systems that the product is for: those it names, else those it can be asked in. */
export function productSystems(product: Product): readonly OsName[] {
  const asked = OsNameSchema.options.filter((os) => product.health[os] !== undefined)
  return product.os ?? asked
}

function systemProblems(product: Product, where: (steps: readonly PropertyKey[]) => Where): Problem[] {
  const systems = productSystems(product)
  if (systems.length === 0) {
    const hint = 'add health: {linux: {probe: {program: …}}}'
    return [{ message: 'nothing says how to tell that it is healthy', hint, where: where(['health']) }]
  }
  return systems.flatMap((os): Problem[] => {
    const health = product.health[os]
    const said = [health?.services, health?.drivers, health?.minifilters].some(
      (list) => (list ?? []).length > 0,
    )
    const healthy = health?.probe !== undefined || health?.securityCenterName !== undefined || said
    return [
      ...(healthy
        ? []
        : [
            {
              message: `nothing says how to tell that it is healthy in ${os} guests`,
              hint: 'add a probe (a command that ends with 0 while it protects), services or drivers',
              where: where(health === undefined ? ['health'] : ['health', os]),
            },
          ]),
      ...(completeRecipe(product, os) === undefined
        ? [
            {
              message: `kind ${product.kind} has no recipe for ${os} guests`,
              hint: recipeHint(product, os),
              where: where(product.recipes?.[os] === undefined ? ['kind'] : ['recipes', os]),
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
  const questions = productQuestions(product).flatMap(({ command, at }) =>
    unknownSecrets(command, at, around),
  )
  return [...licence, ...questions]
}
