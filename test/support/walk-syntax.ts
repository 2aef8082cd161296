import type { Node } from 'typescript/unstable/ast'

/** Calls `visit` for a node and for all below it, in the order of the source. */
export function walkSyntax(node: Node, visit: (node: Node) => void): void {
  visit(node)
  node.forEachChild((child) => {
    walkSyntax(child, visit)
    return undefined
  })
}
