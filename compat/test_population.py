"""The cache that ADAL fills is what the other tests say it is."""

from harness.directory import DESKTOP, RESOURCES, WEB
from harness.population import populate


def test_adal_fills_a_cache_of_every_kind_of_entry(emulator, tmp_path):
    entries = populate(emulator, tmp_path / "adal.cache.json").entries

    with_users = [entry for entry in entries if "refreshToken" in entry]
    assert len({entry["userId"] for entry in with_users}) >= 20
    assert len({entry["tenantId"] for entry in with_users}) == 2
    assert {entry["_clientId"] for entry in with_users} == {DESKTOP.id, WEB.id}
    assert {entry["resource"] for entry in with_users} == set(RESOURCES)
    copies = len(with_users) - len({entry["refreshToken"] for entry in with_users})
    assert copies >= 20, "multi-resource refresh tokens are in several entries"
    assert any(entry["_authority"].endswith("/common") for entry in with_users)
    app_only = [entry for entry in entries if "refreshToken" not in entry]
    assert len(app_only) == 2 and not any("userId" in entry for entry in app_only)
