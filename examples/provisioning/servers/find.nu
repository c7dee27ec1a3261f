# Looking for a server.

use ../providers
use ../lib/settings.nu request-key

# The server that this request (NUFLOW_TASK_KEY) made, if it is up; null otherwise. After a crash this tells whether
# create-server had done its work.
export def made-server [name: string, --infra: string = 'local'] {
  let provider = providers load-provider $infra
  do $provider.made-vm {name: $name, key: (request-key)}
}
