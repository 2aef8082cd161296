import { expect, it } from 'vitest'
import { nearestWord } from '../../src/kit/nearest-word.ts'

it('finds what a misspelt word was meant to be', () => {
  expect(nearestWord('virtoi', ['ide', 'virtio', 'nvme'])).toBe('virtio')
  expect(nearestWord('wieght', ['id', 'weight', 'title'])).toBe('weight')
  expect(nearestWord('Sata', ['ide', 'sata'])).toBe('sata')
})

it('suggests nothing where nothing is near', () => {
  expect(nearestWord('xyz', ['ide', 'virtio'])).toBeUndefined()
  expect(nearestWord('hardware', ['build', 'products'])).toBeUndefined()
})
