# Deleting servers.

use ../providers

# Stops a server and removes what belongs to it.
export def delete-server [name: string, --infra: string = 'local']: nothing -> record {
  let provider = providers load-provider $infra
  do $provider.delete-vm {name: $name}
}
