# Which services there are, and what each requires first: catalog.json.

use ../lib/names.nu *

const CATALOG = path self catalog.json

# What a service requires; fails with provisioning::no_such_service.
export def requirements [service: string]: nothing -> list<string> {
  let entry = open $CATALOG | get --optional (valid-name $service 'service name')
  if $entry == null { fail no_such_service $"there is no service '($service)'" $"the catalog is ($CATALOG)" }
  $entry.requires
}
