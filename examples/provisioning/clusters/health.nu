# Whether a cluster is well.

use ../providers
use ../lib/names.nu fail

# Asks each server: {healthy, servers: [{name, status, address, services}]}. Fails with provisioning::unhealthy when
# one is not up, or lacks a service.
export def check-health [servers: list<string>, --services: list<string> = [], --infra: string = 'local']: nothing -> record {
  let provider = providers load-provider $infra
  let found = $servers | each {|name| do $provider.find-vm {name: $name} }
  let ill = $found | where {|server|
    $server.status != up or ($services | any {|service| $service not-in $server.services })
  }
  if ($ill | is-not-empty) {
    fail unhealthy $"not well: ($ill | get name | str join ', ')" 'see: provisioning server list'
  }
  {healthy: true, servers: ($found | select name status address services)}
}
