# Deleting clusters.

use ../servers/list.nu list-servers
use ../servers/delete.nu delete-server

# Deletes all servers of a cluster: {name, deleted: [names]}.
export def delete-cluster [name: string, --infra: string = 'local']: nothing -> record {
  let servers = list-servers --infra $infra --cluster $name | get name
  for server in $servers { delete-server $server --infra $infra }
  {name: $name, deleted: $servers}
}
