# Providers: who really makes networks, servers and services.

use local.nu
use ../lib/settings.nu load-infra
use ../lib/names.nu fail

# The provider an infrastructure is made of, as a record of closures. Each provider has these:
#
#   create-network {name, cidr}                    -> {id, cidr}
#   prepare-image  {name}                          -> {id, checksum}
#   create-vm      {name, key, size, network, image, cluster} -> server
#   made-vm        {name, key}                     -> server that this request made and that is up, or null
#   attach-volume  {server, gigabytes}             -> {id, server, gigabytes}
#   start-service  {server, service}               -> {server, service, status}
#   list-vms       {}                              -> list of servers
#   find-vm        {name}                          -> server, or provisioning::no_such_server
#   delete-vm      {name}                          -> {name, deleted}
#
# A server is {name, status: up|down, address, size, network, image, cluster, services}.
# All may be called again with the same request: they find what is there.
export def load-provider [infra: string = 'local']: nothing -> record {
  let config = load-infra $infra
  match $config.provider {
    'local' => { local provider $config }
    _ => { fail no_such_provider $"infrastructure '($infra)' wants provider '($config.provider)'" 'known is: local' }
  }
}
