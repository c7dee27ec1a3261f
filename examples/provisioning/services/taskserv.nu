# Installing services on servers.

use ../providers
use ../lib/names.nu fail
use catalog.nu requirements

# Installs a service: {server, service, status}. Its requirements are installed first, theirs before them,
# each by a call inside the call. That is the natural way to write it, and Nushell ends it at 50 calls.
# With --alone only the service itself is installed: an orchestrator has seen to the order, one fresh
# process for each.
export def install-service [
  service: string
  server: string
  --infra: string = 'local'
  --alone
]: nothing -> record {
  if not $alone {
    for requirement in (requirements $service) { install-service $requirement $server --infra $infra }
  }
  let provider = providers load-provider $infra
  let running = (do $provider.find-vm {name: $server}).services
  let missing = requirements $service | where $it not-in $running
  if ($missing | is-not-empty) {
    fail requirement_missing $"($service) requires ($missing | str join ', ') on ($server)"
  }
  do $provider.start-service {server: $server, service: $service}
}
