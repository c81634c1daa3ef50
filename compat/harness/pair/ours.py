"""Our library, by the program `flows` of its examples."""

import json
import os
import subprocess
from urllib.parse import urlencode

from .side import Side, refusal, tokens

if "FLOWS_BIN" not in os.environ:
    raise SystemExit("error: FLOWS_BIN does not say which program to drive\nhint: cargo xtask compat")

FLOWS = os.environ["FLOWS_BIN"]


class Ours(Side):
    """A process for each application, told which certificate to trust; the proxy it finds in its environment."""

    def start(self):
        world, settings = self.world, self.settings
        proxies = {"HTTPS_PROXY": world.recorder.proxy, "NO_PROXY": ""}
        self._process = subprocess.Popen(
            [FLOWS],
            env={**os.environ, **proxies},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        told = {
            "ca": str(world.ca),
            "cache": str(self.cache),
            "clientId": settings.client.id,
            "secret": settings.secret or settings.client.secret,
            "certificate": settings.certificate,
            "passphrase": settings.passphrase,
            "sendChain": settings.send_chain,
            "assertionFile": settings.assertion_file,
            "capabilities": settings.capabilities,
            "appName": settings.app_name,
            "appVersion": settings.app_version,
        }
        if settings.certificate or settings.assertion_file:
            told["secret"] = None
        if settings.oidc_authority:
            told["oidcAuthority"] = settings.oidc_authority
        else:
            told["authority"] = world.authority(settings.tenant)
        answer = self._ask(told)
        assert "error" not in answer, answer

    def initiate(self, scopes, redirect_uri, **options):
        begun = self._call("initiate_auth_code_flow", scopes=scopes, redirect_uri=redirect_uri, **options)
        return begun["result"]["auth_uri"], begun["result"]["auth_uri"]

    def finish(self, flow, address, form=None):
        form = form and urlencode(form)
        return self._keep("acquire_token_by_auth_code_flow", auth_uri=flow, url=address, form=form)

    def acquire_interactive(self, scopes, open_page, **options):
        return described(self._call("acquire_token_interactive", scopes=scopes, open_page=open_page, **options))

    def begin_device(self, scopes, **options):
        answer = self._call("initiate_device_flow", scopes=scopes, **options)
        if "error" in answer:
            return None, self.keep(described(answer))
        flow = answer["result"]
        return flow, {name: flow[name] for name in ["user_code", "verification_uri", "message", "interval"]}

    def finish_device(self, flow, **options):
        # What was asked for at the beginning holds to the end.
        return self._keep("acquire_token_by_device_flow")

    def password(self, user, password, scopes, **options):
        return self._keep(
            "acquire_token_by_username_password", username=user, password=password, scopes=scopes, **options
        )

    def silent(self, user, scopes, **options):
        return self._keep("acquire_token_silent", account=user, scopes=scopes, **options)

    def by_refresh_token(self, token, scopes, **options):
        return self._keep("acquire_token_by_refresh_token", refresh_token=token, scopes=scopes, **options)

    def for_client(self, scopes, **options):
        return self._keep("acquire_token_for_client", scopes=scopes, **options)

    def forget_client(self):
        answer = self._call("remove_tokens_for_client")
        assert "error" not in answer, answer

    def on_behalf_of(self, assertion, scopes, **options):
        return self._keep("acquire_token_on_behalf_of", user_assertion=assertion, scopes=scopes, **options)

    def accounts(self):
        accounts = self._call("get_accounts")["result"]
        self.kept.accounts.append(sorted(accounts, key=lambda account: account["username"]))
        return accounts

    def sign_out(self, user):
        answer = self._call("remove_account", account=user)
        assert "error" not in answer, answer

    def stop(self):
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def _keep(self, call, **question):
        return self.keep(described(self._call(call, **question)))

    def _call(self, call, open_page=None, **question):
        return self._ask({"call": call, **question}, open_page)

    def _ask(self, question, open_page=None):
        self._tell(question)
        while True:
            line = self._process.stdout.readline()
            assert line, f"the program ended with {self._process.wait(timeout=10)}"
            answer = json.loads(line)
            if "open" in answer:
                open_page(answer["open"])
            elif "sleep" in answer:
                self.kept.waits.append(round(answer["sleep"]))
                self.waited(round(answer["sleep"]))
                self._tell({})
            else:
                return answer

    def _tell(self, line):
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()


def described(answer):
    if "error" in answer:
        error = answer["error"]
        service = error["service"]
        if service is None:
            return {**refusal(None, error["message"]), "kind": error["kind"]}
        return refusal({**service, "error_description": service["description"]})
    result = answer["result"]
    return tokens(
        result["access_token"],
        result["token_type"],
        result["expires_in"],
        result["token_source"],
        result["scopes"],
        result["id_token_claims"],
        result["refresh_in"],
    )

