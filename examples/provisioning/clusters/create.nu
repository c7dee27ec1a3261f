# Clusters: network and image, then servers, then services, then a health check.

use ../lib/names.nu *
use ../servers/network.nu create-network
use ../servers/image.nu prepare-image
use ../servers/create.nu create-server
use ../servers/storage.nu attach-volume
use ../services/taskserv.nu install-service
use health.nu check-health

# Creates a cluster in this process, one step after another. The orchestrated way
# (../../workflows/cluster.ts) calls the same commands, what can be side by side side by side.
export def create-cluster [
  name: string
  --servers: int = 3
  --services: list<string> = [kubelet]
  --infra: string = 'local'
]: nothing -> record {
  let names = server-names $name $servers
  let network = create-network $infra
  let image = prepare-image $infra
  for server in $names {
    create-server $server --infra $infra --network $network.id --image $image.id --cluster $name
    attach-volume $server --infra $infra
    for service in $services { install-service $service $server --infra $infra }
  }
  check-health $names --services $services --infra $infra
}

# Names of a cluster's servers.
export def server-names [name: string, servers: int]: nothing -> list<string> {
  if $servers < 1 or $servers > 100 { fail invalid_count $"a cluster has 1 to 100 servers, not ($servers)" }
  1..$servers | each {|n| $"(valid-name $name 'cluster name')-($n)" }
}
