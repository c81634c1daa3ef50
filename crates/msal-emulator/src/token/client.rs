//! The client of a token request: who it is, and whether it authenticates (RFC 6749 §2.3, §3.2.1).

use super::client_assertion;
use super::request::TokenRequest;
use crate::access::Realm;
use crate::directory::{AppEntry, Directory};
use crate::memory::Platform;
use crate::refusal::Refusal;

/// A client that may ask for tokens here.
#[derive(Debug)]
pub(crate) struct Client<'d> {
    pub(crate) app: &'d AppEntry,
    /// Whether it presented a valid secret or assertion.
    pub(crate) proven: bool,
}

impl<'d> Client<'d> {
    /// Finds the client in the tenant and checks its secret (RFC 6749 §2.3).
    pub(crate) fn identify(
        platform: Platform<'d>,
        request: &TokenRequest<'_>,
        realm: Realm,
    ) -> Result<Self, Refusal> {
        let directory = platform.directory();
        let in_form =
            request.client_secret.is_some() || request.call.parameter("client_assertion").is_some();
        // RFC 6749 §5.2: the authentication has failed, whoever it was. Which code Entra gives is not known: that of a wrong
        // secret has the status and the name that the standard demands.
        if request.unreadable_credentials && !in_form {
            return Err(Refusal::new(7_000_215));
        }
        let client_id = request
            .client_id
            .as_deref()
            .ok_or_else(|| Refusal::missing("client_id"))?;
        let app = Self::find(client_id, realm, directory)?;
        let proven = prove(platform, app, request)?;
        Ok(Self { app, proven })
    }

    /// Finds the application in the tenant.
    pub(crate) fn find(
        client_id: &str,
        realm: Realm,
        directory: &'d Directory,
    ) -> Result<&'d AppEntry, Refusal> {
        // The GUID of zeros, which a program without configuration sends, has an error of its own.
        if client_id.bytes().all(|byte| matches!(byte, b'0' | b'-')) {
            return Err(Refusal::new(700_038).with("client", client_id));
        }
        let unknown = || Refusal::new(700_016).with("client", client_id);
        let app = directory.find_app(client_id).ok_or_else(unknown)?;
        if realm.excludes(app) {
            return Err(unknown());
        }
        // An application of one tenant has to name that tenant: /common would let others in.
        if app.only_tenant.is_some() && !matches!(realm, Realm::Tenant(_)) {
            return Err(Refusal::new(50194));
        }
        Ok(app)
    }
}

/// Whether the client authenticates. A public client that shows nothing does not, and may go on; one that shows
/// what it cannot have is refused.
fn prove(
    platform: Platform<'_>,
    app: &AppEntry,
    request: &TokenRequest<'_>,
) -> Result<bool, Refusal> {
    let holds_nothing = app.secrets.is_empty()
        && app.certificates.is_empty()
        && app.trusted_subjects.is_empty()
        && app.public;
    if let Some(assertion) = request.call.parameter("client_assertion") {
        if holds_nothing {
            return Err(Refusal::new(700_025));
        }
        return client_assertion::check(platform, app, request, assertion).map(|()| true);
    }
    let Some(presented) = request.client_secret.as_deref() else {
        return if app.public {
            Ok(false)
        } else {
            Err(Refusal::new(7_000_218))
        };
    };
    if holds_nothing {
        return Err(Refusal::new(700_025));
    }
    // All are compared, so that the time does not tell which one matched.
    let secrets = app.secrets.iter();
    let matches = secrets.filter(|secret| secret.is(presented)).count();
    let expired = app.expired_secrets.iter();
    if expired.filter(|secret| secret.is(presented)).count() > 0 {
        return Err(Refusal::new(7_000_222).with("client", &app.client_id));
    }
    let wrong = || Refusal::new(7_000_215).with("client", &app.client_id);
    (matches > 0).then_some(true).ok_or_else(wrong)
}
