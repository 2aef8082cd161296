/** Builds a product's kernel module for the kernel of an image, once for each pair of source and kernel. */
import { cp, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { hashJson, sha256, sha256File } from '../kit/hash.ts'
import { runProgram } from '../kit/process.ts'
import { boundedTail, printable } from '../kit/text.ts'
import { AppError } from '../model/errors.ts'
import type { ImageManifest } from '../model/image.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { Context } from '../sdk/context.ts'
import { withFileLock } from './file-lock.ts'
import {
  dependencyClosure,
  downloadPackages,
  resolvePackages,
  unpackPackages,
} from '../kit/debian-packages.ts'
import { buildItem, itemFolder, itemLock, listItems } from './store.ts'

const BUILDER_REVISION = 1

/**
 * The product with the files that its `prepare` makes for this image: another folder, one more file, another hash.
 * A product without `prepare` comes back unchanged.
 * @throws AppError PRODUCT_PREPARE with fault user when the source does not compile or the image has no such kernel,
 *   HOST_PACKAGES or HOST_COMPILER with fault host when headers or the compiler are missing
 */
export async function prepareProduct(
  product: LoadedProduct,
  image: ImageManifest,
  store: string,
  ctx: Context,
): Promise<LoadedProduct> {
  const { prepare } = product
  if (prepare === undefined) return product
  const release = image.facts['kernelRelease']
  if (typeof release !== 'string' || !/^[A-Za-z0-9.+_-]+$/.test(release))
    throw new AppError(
      'PRODUCT_PREPARE',
      'user',
      `product "${product.id}" builds a kernel module, and image "${image.id}" names no kernel to build it for`,
      { hint: 'use it with images of kind linux-micro' },
    )
  const source = join(product.folder, prepare.source)
  const key = hashJson({
    revision: BUILDER_REVISION,
    release,
    packages: image.facts['packages'],
    product: product.sha256,
    source: await hashFolder(source),
  })
  await withFileLock(itemLock(store, 'modules', key), ctx, async () => {
    if ((await listItems(store, 'modules')).includes(key)) return
    await buildItem(store, 'modules', key, async (folder) => {
      const headers = await unpackHeaders(release, join(folder, 'headers'), store, ctx)
      const module = await compile(product, source, headers, join(folder, 'build'), ctx)
      await layOut(product, module, prepare.output, folder)
    })
  })
  const folder = join(itemFolder(store, 'modules', key), 'product')
  const files = [
    ...product.files,
    { path: prepare.output, sha256: await sha256File(join(folder, prepare.output)) },
  ]
  return { ...product, folder, files, sha256: hashJson({ product: product.sha256, prepared: key }) }
}

/** Folder of the kernel's build tree, unpacked without installation. */
async function unpackHeaders(release: string, folder: string, store: string, ctx: Context): Promise<string> {
  const names = await dependencyClosure(
    [`linux-headers-${release}`],
    /^linux-(?:headers|kbuild)-/,
    ctx.signal,
  )
  const packages = await resolvePackages(names, ctx.signal)
  const packageFolder = join(store, 'packages')
  await mkdir(packageFolder, { recursive: true })
  await downloadPackages(packages, packageFolder, ctx.signal)
  await unpackPackages(packages, packageFolder, folder, ctx.signal)
  const tree = join(folder, 'usr/src', `linux-headers-${release}`)
  // Debian's Makefile of a flavour includes the common one by its installed path.
  const makefile = join(tree, 'Makefile')
  const text = await readFile(makefile, 'utf8')
  if (/^include \/usr\/src\//m.test(text))
    await writeFile(makefile, text.replaceAll(/^include \/usr\/src\//gm, `include ${folder}/usr/src/`))
  return tree
}

async function compile(
  product: LoadedProduct,
  source: string,
  headers: string,
  folder: string,
  ctx: Context,
): Promise<string> {
  await cp(source, folder, { recursive: true })
  const done = await runProgram('make', ['-C', headers, `M=${folder}`, 'modules'], {
    signal: ctx.signal,
    timeoutMs: 300_000,
    environment: { LC_ALL: 'C.UTF-8' },
  })
  if (done.startError !== undefined)
    throw new AppError('HOST_COMPILER', 'host', `make cannot be started (${done.startError})`, {
      hint: 'run "ringzero doctor --fix"',
    })
  const built = (await readdir(folder)).filter((name) => name.endsWith('.ko'))
  const [module] = built
  if (done.exitCode === 0 && module !== undefined && built.length === 1) return join(folder, module)
  const output = boundedTail(
    printable(`${done.stdout.toString('utf8')}${done.stderr.toString('utf8')}`),
    2000,
  )
  const noCompiler =
    /(?:gcc|cc|ld|as|make)(?:-\d+)?: (?:command )?not found|No such file or directory.*gcc/.test(output)
  throw noCompiler
    ? new AppError('HOST_COMPILER', 'host', `the compiler is missing: ${output}`, {
        hint: 'run "ringzero doctor --fix"',
      })
    : new AppError(
        'PRODUCT_PREPARE',
        'user',
        `the module of product "${product.id}" does not build: ${output}`,
        {
          hint: `the folder ${product.prepare?.source ?? ''} must be an out-of-tree module with one obj-m`,
          where: { file: join(product.folder, 'product.yaml'), field: 'prepare.source' },
        },
      )
}

/** Copies what the product lists, and the module, to `product/`; drops the build tree. */
async function layOut(product: LoadedProduct, module: string, output: string, folder: string): Promise<void> {
  const target = join(folder, 'product')
  for (const file of product.files) await cp(join(product.folder, file.path), join(target, file.path))
  await mkdir(join(target, output, '..'), { recursive: true })
  await copyFile(module, join(target, output))
  await rm(join(folder, 'headers'), { recursive: true, force: true })
  await rm(join(folder, 'build'), { recursive: true, force: true })
}

async function hashFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new AppError('PRODUCT_PREPARE', 'user', `there is no folder ${folder}`, {
      hint: 'correct prepare.source in product.yaml',
    })
  })
  const hashes: Record<string, string> = {}
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name)
    hashes[path.slice(folder.length + 1)] = sha256(await readFile(path))
  }
  return hashJson({ name: basename(folder), hashes })
}
