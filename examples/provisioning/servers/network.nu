# Networks.

use ../providers
use ../lib/settings.nu load-infra

# The infrastructure's network, made if need be: {id, cidr}.
export def create-network [infra: string = 'local']: nothing -> record {
  let provider = providers load-provider $infra
  do $provider.create-network {name: $infra, cidr: (load-infra $infra).network.cidr}
}
