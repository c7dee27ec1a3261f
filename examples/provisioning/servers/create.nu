# Creating servers.

use ../providers
use ../lib/settings.nu request-key
use ../lib/names.nu *
use network.nu create-network
use image.nu prepare-image

const SIZES = [small medium large]

# A server that is up: {name, status, address, …}. Without a network and an image it sees to them itself.
#
# Asked again by the same request (NUFLOW_TASK_KEY) it gives back the server it made; a name that is
# another's fails with provisioning::server_exists.
export def create-server [
  name: string
  --infra: string = 'local'
  --network: string # id of the network
  --image: string # id of the image
  --size: string = 'small'
  --cluster: string = 'none'
]: nothing -> record {
  if $size not-in $SIZES { fail invalid_size $"($size | to json) is no size" $"sizes are ($SIZES | str join ', ')" }
  let provider = providers load-provider $infra
  do $provider.create-vm {
    name: (valid-name $name 'server name')
    key: (request-key)
    size: $size
    network: ($network | default { (create-network $infra).id })
    image: ($image | default { (prepare-image $infra).id })
    cluster: (valid-name $cluster 'cluster name')
  }
}
