"""Our emulator, as the server that client programs run against."""

import json
from urllib.parse import urlsplit

from .directory import CALLBACKS, CONTOSO, DAEMON, FRAMEWORKS, RCLONE, SPECIAL, config
from .emulator import Emulator
from .identity_server import IdentityServer
from .machines import WORKER
from .odd_people import declarations

#: An application without a secret of its own, for which the web application vouches.
AGENT = "00c0ffee-0000-4000-8000-000000000007"


class Ours(IdentityServer, Emulator):
    """`msal emulator serve`."""

    name = "ours"

    def __init__(self, place, folder):
        IdentityServer.__init__(self, place, folder)
        more = f"""
[[app]]
client_id = "{DAEMON.id}"
certificates = ['''{self.certificate.certificate}''']

[[app]]
client_id = "{AGENT}"
public = false

[[app]]
client_id = "{RCLONE.id}"
secrets = ["{RCLONE.secret}"]
redirects = [{{ uri = "{RCLONE.redirect_uri}", kind = "web" }}]

[[app]]
client_id = "{FRAMEWORKS.id}"
secrets = ["{FRAMEWORKS.secret}"]
redirects = [{", ".join(f'{{ uri = "https://localhost{path}", kind = "web" }}' for path in CALLBACKS.values())}]

{SPECIAL}
{declarations()}
[[managed_identity]]
tenant = "{CONTOSO}"

[[managed_identity]]
tenant = "{CONTOSO}"
client_id = "{WORKER}"
"""
        settings = config(
            sign_in="pages",
            tokens="device_code_interval_seconds = 1",
            server=f"names = {json.dumps(place.names)}\nmanaged_identity_port = {place.machine_port}\nadmin_port = 0",
            more=more,
        )
        Emulator.__init__(self, folder / "emulator", settings, port=place.port, within=place.command)
        #: Where machines ask for tokens.
        self.machine_url = self.started["managed_identity_url"]
        self.admin_url = self.started["admin_url"]
        if place.defaults:
            self.url = f"https://{place.name}"
            place.relay_virtual_machine(urlsplit(self.machine_url).port)

    def stop(self):
        IdentityServer.stop(self)
        Emulator.stop(self)

    def _token_requests(self):
        return [record for record in self.requests() if record["grant_type"]]

    def _get(self, url):
        self.ask("resource", "get", url=url)
