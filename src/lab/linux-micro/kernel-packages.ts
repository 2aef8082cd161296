/** Which packages hold the kernels of this distribution: Debian's and Ubuntu's names for the same two flavours. */
import { AppError } from '../../model/errors.ts'
import { dependencyClosure, packageKnown } from '../../kit/debian-packages.ts'

export type KernelFlavour = 'generic' | 'cloud'

/** Meta packages, the first that apt knows counts. */
const META: Readonly<Record<KernelFlavour, Readonly<Record<'image' | 'headers', readonly string[]>>>> = {
  generic: {
    image: ['linux-image-amd64', 'linux-image-generic'],
    headers: ['linux-headers-amd64', 'linux-headers-generic'],
  },
  cloud: {
    image: ['linux-image-cloud-amd64', 'linux-image-virtual', 'linux-image-kvm'],
    headers: ['linux-headers-cloud-amd64', 'linux-headers-virtual', 'linux-headers-kvm'],
  },
}

/**
 * The packages with the files themselves (image and modules) that the flavour's meta package leads to today.
 * @throws AppError HOST_PACKAGES when apt knows no such kernel
 */
export async function kernelPackages(
  flavour: KernelFlavour,
  part: 'image' | 'headers',
  signal?: AbortSignal,
): Promise<readonly string[]> {
  for (const meta of META[flavour][part]) {
    if (!(await packageKnown(meta, signal))) continue
    const closure = await dependencyClosure([meta], /^linux-(?:image|modules|headers|kbuild)-.*\d/, signal)
    return closure.filter((name) => name !== meta)
  }
  throw new AppError(
    'HOST_PACKAGES',
    'host',
    `apt knows no ${flavour} kernel (${META[flavour][part].join(', ')})`,
    {
      hint: 'run "apt-get update" as root; images are built on amd64 Debian or Ubuntu',
    },
  )
}
