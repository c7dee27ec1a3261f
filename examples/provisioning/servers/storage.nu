# Storage.

use ../providers

# A volume at a server that is up: {id, server, gigabytes}.
export def attach-volume [server: string, --infra: string = 'local', --gigabytes: int = 10]: nothing -> record {
  let provider = providers load-provider $infra
  do $provider.attach-volume {server: $server, gigabytes: $gigabytes}
}
