# Looking at servers.

use ../providers

# All servers of an infrastructure, each asked whether it is up.
export def list-servers [--infra: string = 'local', --cluster: string]: nothing -> list {
  let provider = providers load-provider $infra
  let servers = do $provider.list-vms
  if $cluster == null { $servers } else { $servers | where cluster == $cluster }
}
