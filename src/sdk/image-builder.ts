/** Builds golden disks from what the lab file describes, on a host that can. */
import type { ImageManifest } from '../model/image.ts'
import type { LabImage } from '../model/lab.ts'
import type { Context } from './context.ts'

/** An optional part of a provider. The caller keeps the store: it locks, names, seals and lists what is built. */
export interface ImageBuilder {
  /** Values of `kind` in the lab's images that this builder builds. */
  readonly kinds: readonly LabImage['kind'][]
  /**
   * Reads and hashes everything that the disk is made of; nothing is built. Relative paths start at `labFolder`.
   * @throws AppError LAB_IMAGE_BUILD, LAB_IMAGE_PATH (user)
   */
  prepare(image: LabImage, labFolder: string): Promise<PreparedImage>
  /**
   * Every command that a build would run, in order and with its arguments, as lines for a person; runs none, reads no
   * secret, and needs none of the files. A build's own folder lies below `folder`. @throws AppError LAB_IMAGE_BUILD (user)
   */
  rehearse?(image: LabImage, labFolder: string, folder: string): Promise<readonly string[]>
}

export interface PreparedImage {
  /** Names the content of all inputs but the lab's own entry: equal inputs give the same key. */
  readonly key: string
  /**
   * Builds the disk in `folder` (absolute, there already). What a killed build left in it is continued where that is safe,
   * removed where it is not. @throws AppError with fault user or host
   */
  build(folder: string, ctx: Context): Promise<BuiltDisk>
}

export interface BuiltDisk {
  /** Name of the disk's file in the folder; the caller moves it into its store. */
  readonly disk: string
  readonly diskFormat: ImageManifest['diskFormat']
  readonly partition: ImageManifest['partition']
  /** What the image's manifest says of it. */
  readonly facts: ImageManifest['facts']
}
