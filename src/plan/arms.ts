/** Gives each cell its identity and its control. */
import { hashJson } from '../kit/hash.ts'
import type { Configuration } from '../model/matrix.ts'
import type { RoleUse } from '../model/product.ts'
import type { MachineProfile } from '../model/machine-profile.ts'

/** All that a machine of a cell depends on, except the candidate. */
export interface CellContent {
  readonly configuration: Configuration
  readonly machine: MachineProfile
  readonly image: string
  /** Identity of the image's definition in the lab. */
  readonly imageSha256: string
  /** Id and hash of each product, in the order of installation. */
  readonly products: readonly { readonly id: string; readonly sha256: string }[]
}

/** What a control's observations depend on besides its machine. */
export interface ControlContent {
  readonly checks: readonly string[]
  readonly restarts: number
  readonly soakSeconds: number
  readonly provider: string
  readonly toolVersion: string
  /** Content of each plugin that looks or runs machines; absent without one. */
  readonly plugins?: readonly { readonly name: string; readonly sha256: string }[]
  /** What the matrix has used on the machine; absent for nothing. */
  readonly uses?: readonly RoleUse[]
  /** Set where its first start is no boot: such a control says nothing of a machine that booted, nor the reverse. */
  readonly start?: 'checkpoint'
}

/** First 12 hexadecimal digits of the sha256 of the content: the same cell has the same id in every run. */
export function cellId(content: CellContent): string {
  return hashJson(content).slice(0, 12)
}

/** Equal for cells whose control arm is the same machine under the same checks, whatever their axes are called. */
export function controlKey(content: CellContent, control: ControlContent): string {
  const { machine, image, imageSha256, products } = content
  return hashJson({ machine, image, imageSha256, products, ...control })
}
