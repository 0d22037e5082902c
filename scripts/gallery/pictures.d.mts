export interface GalleryPicture {
  readonly name: string
  readonly title: string
  readonly text: string
  readonly code: string
  readonly svg: string
}

export function galleryPictures(spikelet: typeof import('../../src/node.ts')): GalleryPicture[]

export function galleryPage(pictures: readonly GalleryPicture[]): string
