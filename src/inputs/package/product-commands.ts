/** Every command of a product's file that a guest runs outside of its recipes' own checks, with the place where it stands. */
import { OsNameSchema } from '../../model/recipe.ts'
import type { GuestCommand } from '../../model/command.ts'
import type { Product } from '../../model/product.ts'

export interface PlacedCommand {
  readonly command: GuestCommand
  /** Steps to it inside the file. */
  readonly at: readonly PropertyKey[]
}

type Described = Pick<Product, 'health' | 'freeze'>

/** Questions to a product and what keeps it still, for both guest systems. */
export function productQuestions({ health, freeze }: Described): readonly PlacedCommand[] {
  return OsNameSchema.options.flatMap((os) => {
    const { probe, versions } = health[os] ?? {}
    const { run = [], proof } = freeze?.[os] ?? {}
    const asked: readonly (readonly [GuestCommand | undefined, readonly PropertyKey[]])[] = [
      [probe, ['health', os, 'probe']],
      [versions, ['health', os, 'versions']],
      [proof, ['freeze', os, 'proof']],
      ...run.map((command, index) => [command, ['freeze', os, 'run', index]] as const),
    ]
    return asked.flatMap(([command, at]) => (command === undefined ? [] : [{ command, at }]))
  })
}
