/** The codes of candidates and products. */

/** By code: what it means, and what to do about it. */
export const CANDIDATE_ERROR_CODES: Readonly<
  Record<string, { readonly means: string; readonly fix: string }>
> = {
  CANDIDATE_CHANGED: {
    means: 'A file of the update changed while it was tested: it is unknown which content a machine saw.',
    fix: 'leave the files alone during a run, or renew their sha256 and run again',
  },
  RECIPE_MISSING: {
    means: 'The candidate or product does not say how it is installed on this operating system.',
    fix: 'add recipes.OS to its file, or exclude the combination in the matrix',
  },
  RECIPE_INCOMPLETE: {
    means: 'The recipe leaves open what is installed, or with which program.',
    fix: 'name the main file and the silent arguments',
  },
  INSTALLER_MISSING: {
    means: 'No installer knows this kind of product on this operating system.',
    fix: 'use another kind, or load the plugin that brings the installer',
  },
  INSTALLER_UNKNOWN: {
    means: 'No installer knows this kind of candidate on this operating system.',
    fix: 'use another kind, or load the plugin that brings the installer',
  },
  PRODUCT_ABSENT: {
    means: 'Files of a product that the lab names are not in its folder.',
    fix: 'get them as its product.yaml says; cells with this product are planned when it is complete',
  },
  PRODUCT_PREPARE: {
    means: 'What a product needs before it can be installed (its kernel module) cannot be built.',
    fix: 'build it by hand and read the compiler; correct prepare in product.yaml',
  },
}
