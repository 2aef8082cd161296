/** A process that owns something: says who it is as one line of JSON, and stays until it is killed. */
import { createServer } from 'node:net'
import { thisOwner } from '../../src/kit/owned-file.ts'

process.stdout.write(`${JSON.stringify(await thisOwner())}\n`)
// Something to wait for, on every system.
createServer().listen(0, '127.0.0.1')
