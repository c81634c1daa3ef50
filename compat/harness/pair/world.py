"""The servers that both sides ask, and the people who sign in there."""

import json
from urllib.parse import urlsplit

import requests

from harness.certificates import client_certificate
from harness.directory import DAEMON, PASSWORD, SPECIAL, WEB, Client, config
from harness.emulator import Emulator
from harness.person import Person

from .recorder import Recorder

HOST = "login.microsoftonline.com"
#: Short, as one library looks at the clock in every second of a code's life.
DEVICE_CODES = "device_code_seconds = 30"
#: The certificate's own redirect URI is registered beside the secret's.
SIGNED = Client(DAEMON.id, redirect_uri=WEB.redirect_uri)


class World:
    """Our emulator as Microsoft's hosts, with both sides on their defaults."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.certificate = client_certificate("daemon")
        self.certificate_file = folder / "daemon.pem"
        self.certificate_file.write_text(self.certificate.key + self.certificate.certificate)
        more = f"""
[[app]]
client_id = "{SIGNED.id}"
certificates = ['''{self.certificate.certificate}''']
redirects = [{{ uri = "{SIGNED.redirect_uri}", kind = "web" }}]

{SPECIAL}"""
        settings = config(tokens=DEVICE_CODES, server=f'names = ["{HOST}"]\nadmin_port = 0', more=more)
        self.emulator = Emulator(folder / "emulator", settings)
        self.port = urlsplit(self.emulator.url).port
        self.recorder = Recorder(folder, {f"{HOST}:443": self.port}, self.emulator.ca)
        self._admin = self.emulator.started["admin_url"]
        self._http = requests.Session()

    def authority(self, tenant):
        return f"https://{HOST}/{tenant}"

    def person(self, name):
        return Person(name, PASSWORD, proxy=self.recorder.unrecorded, ca=self.recorder.ca)

    def admin(self, path, **body):
        answer = self._http.post(self._admin + path, data=json.dumps(body), timeout=30)
        answer.raise_for_status()
        return answer.json()

    def calm(self):
        """As it was at first: no faults, and the time of this machine."""
        self._http.delete(f"{self._admin}/faults", timeout=30).raise_for_status()
        self.admin("/clock", reset=True)

    @property
    def ca(self):
        return self.recorder.ca

    def pass_time(self, seconds):
        self.admin("/clock", advance=seconds)

    def stop(self):
        self._http.close()
        self.recorder.stop()
        self.emulator.stop()


