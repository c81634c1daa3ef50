"""This machine as it is: servers on free ports of the loopback interface."""


class Loopback:
    """The place where no client is on its defaults: each is told the port and not to look the host up."""

    #: The host name in URLs.
    name = "localhost"
    #: Any free one.
    port = 0
    machine_port = 0
    #: Whether clients are told nothing but their tenant.
    defaults = False
    #: Names that the server's certificate needs.
    names = []

    def command(self, command):
        return [str(part) for part in command]

    def stop(self):
        """Nothing was started."""
