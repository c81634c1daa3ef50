"""Our emulator, as the server that client programs run against."""

import json
from urllib.parse import urlsplit

from .directory import CALLBACKS, CONTOSO, DAEMON, FRAMEWORKS, MANAGEMENT, PASSWORD, RCLONE, WEB, config
from .emulator import Emulator
from .identity_server import WEB_API, IdentityServer
from .machines import WORKER
from .odd_people import declarations

#: A tenant whose people sign in at AD FS, and one with rules for some resources.
FEDERATED, STRICT = "adatum.example", "woodgrove.example"

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

[[resource]]
uri = "{WEB_API}"
id = "{WEB.id}"
scopes = ["access_as_user"]

[[tenant]]
domain = "{FEDERATED}"
federated = true
users = {{ pattern = "user{{n}}@{FEDERATED}", count = 10, password = "{PASSWORD}" }}

[[tenant]]
domain = "{STRICT}"
users = {{ pattern = "user{{n}}@{STRICT}", count = 10, password = "{PASSWORD}" }}
policy = [
    {{ requires = "mfa", resources = ["{MANAGEMENT}"] }},
    {{ requires = "block", resources = ["https://vault.azure.net"] }},
    {{ requires = "consent", resources = ["https://storage.azure.com"] }},
]

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
