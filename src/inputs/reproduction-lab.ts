/** What a lab lacks to make a machine of a partner's report again. */
import type { Problem } from '../model/errors.ts'
import type { LabImage } from '../model/lab.ts'
import type { Matrix } from '../model/matrix.ts'
import type { MachineRecipe, PartnerCell, PartnerReport } from '../model/partner-report.ts'

export interface ReproductionNeeds {
  /** What is not there. */
  readonly missing: readonly Problem[]
  /** One cell: the machine again, as far as it can be made here. */
  readonly matrix: Matrix
}

export interface ReproducingLab {
  readonly images: readonly LabImage[]
  /** id → release of the products that are in place. */
  readonly products: ReadonlyMap<string, string>
  readonly candidateSha256: string
  /** Image of the lab to take, whatever it is called. */
  readonly image?: string
}

/** Compares what the report tells of this machine with what the lab has. */
export function reproductionNeeds(
  report: PartnerReport,
  cell: PartnerCell & { readonly recipe: MachineRecipe },
  lab: ReproducingLab,
): ReproductionNeeds {
  const { recipe } = cell
  const image = lab.images.find((one) =>
    lab.image === undefined ? isSameImage(one, recipe.image) : one.id === lab.image,
  )
  const missing: Problem[] = [
    ...(lab.candidateSha256 === report.candidate.sha256
      ? []
      : [
          {
            message: `candidate: ${report.candidate.title} ${report.candidate.release} with sha256 ${report.candidate.sha256}; this one has ${lab.candidateSha256}`,
            hint: 'give the folder with the very files that were tested',
          },
        ]),
    ...(image === undefined
      ? [
          {
            message: `image: ${describeImage(recipe.image)}`,
            hint: 'add it to lab.yaml; if it has another title there, name it by --image',
          },
        ]
      : []),
    ...recipe.products.flatMap(({ id, title, release }): Problem[] => {
      const own = lab.products.get(id)
      if (own === release) return []
      return [
        {
          message: `product: ${title} (${id}) in release ${release}${own === undefined ? '' : `; the lab has ${own}`}`,
          hint: 'add a folder with its product.yaml to the products of lab.yaml',
        },
      ]
    }),
    ...cell.others.map((other) => ({
      message: `product: ${other}, which the report does not name`,
      hint: 'ask the publisher which one it is, or reproduce a machine without it',
    })),
  ]
  return { missing, matrix: matrixOf(report, cell, image?.id ?? 'absent', lab.products) }
}

/** Restarts, soak and repeats as the report has them. */
function asTold({
  restarts,
  soakSeconds,
  repeats,
}: NonNullable<PartnerReport['settings']>): Pick<Matrix, 'restarts' | 'soakSeconds' | 'repeats'> {
  return { restarts, soakSeconds, repeats }
}

function isSameImage({ os, kind, title, build = {} }: LabImage, told: MachineRecipe['image']): boolean {
  return (
    os === told.os &&
    kind === told.kind &&
    Object.entries(told.build).every(([key, value]) => build[key] === value) &&
    // Two builds of Windows differ in their title alone.
    (kind === 'linux-micro' || title === told.title)
  )
}

function describeImage({ os, title, build }: MachineRecipe['image']): string {
  return [title ?? os, ...Object.entries(build).map(([key, value]) => `${key} ${value}`)].join(', ')
}

function matrixOf(
  { settings }: PartnerReport,
  { id, recipe }: PartnerCell & { readonly recipe: MachineRecipe },
  image: string,
  inPlace: ReadonlyMap<string, string>,
): Matrix {
  const products = recipe.products.map((product) => product.id).filter((product) => inPlace.has(product))
  return {
    version: 1,
    id: 'reproduction',
    axes: { machine: { values: [{ id, image, machine: recipe.machine, products }] } },
    strength: 1,
    stages: [{ id: 'reproduction', full: true }],
    ...(settings === undefined ? {} : asTold(settings)),
  }
}
