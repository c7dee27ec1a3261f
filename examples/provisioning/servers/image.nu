# Images that servers are made of.

use ../providers
use ../lib/settings.nu load-infra

# The infrastructure's image, or the one named, ready for use: {id, checksum}.
export def prepare-image [infra: string = 'local', image?: string]: nothing -> record {
  let provider = providers load-provider $infra
  do $provider.prepare-image {name: ($image | default (load-infra $infra).image)}
}
