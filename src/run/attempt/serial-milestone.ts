/** How far a start got, by what the machine itself wrote to its serial line. A guest can write anything there: it decides no verdict. */
import { laterMilestone, type Milestone } from '../../model/phase.ts'

/** `ringzero: milestone services`, as the linux-micro guest writes; first lines of the loaders and kernels that people use. */
const MARKS: readonly (readonly [RegExp, Milestone])[] = [
  [/^ringzero: boot-finished$/m, 'services'],
  [/^ringzero: milestone services$/m, 'services'],
  [/^ringzero: milestone agent$/m, 'agent'],
  [/^ringzero: milestone kernel$/m, 'kernel'],
  [/^\[ *\d+\.\d{6}\] |^Kernel panic - not syncing|^Linux version /m, 'kernel'],
  [/^(?:GRUB loading|Welcome to GRUB)/m, 'loader'],
  [/^(?:SeaBIOS|BdsDxe:)/m, 'firmware'],
]

/** The furthest milestone that the text shows; "power" when it shows none. */
export function serialMilestone(text: string): Milestone {
  let reached: Milestone = 'power'
  for (const [mark, milestone] of MARKS) if (mark.test(text)) reached = laterMilestone(reached, milestone)
  return reached
}
