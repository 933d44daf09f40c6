import { fingerprint } from '../catalog/fingerprint.ts'

/** The prefix of the fingerprints that this version makes. Others cover other properties. */
const VERSION = fingerprint({ objects: [] }).replace(/:.*/, ':')

/** Made by this version, so that it can be compared with. */
export function isKnown(catalog: string | undefined): catalog is string {
  return catalog?.startsWith(VERSION) ?? false
}
