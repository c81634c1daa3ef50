//! The settings of an emulator, apart from its directory.

use std::time::Duration;

use crate::directory::Secret;

/// How tokens are made and what happens to used ones.
///
/// | setting | default | why |
/// | --- | --- | --- |
/// | access tokens live | 3599 s | what Entra answers when no policy says otherwise |
/// | `refresh_in` | not sent | Entra sends it for long-lived tokens only |
/// | `ext_expires_in` | as long as the access token | Entra's usual answer |
/// | refresh tokens live | 90 days from their issue | each redemption brings a new one, so this slides |
/// | length of a refresh token | 1200 characters | Entra's are about that long |
/// | a redeemed refresh token | stays valid | Entra does not revoke it |
/// | sign-in | [`SignIn::Automatic`] | people get pages, scripts get codes |
/// | codes of devices live | 900 s, asked for every 5 s | what Entra answers |
/// | managed identities | region `westus2`, header `emulator-identity-header` | examples; programs read both from the machine |
/// | signatures | RS256 | clients that verify them succeed |
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) access_token_life: Duration,
    pub(crate) refresh_in: Option<Duration>,
    pub(crate) extended_life: Option<Duration>,
    pub(crate) refresh_token_life: Duration,
    pub(crate) refresh_token_chars: usize,
    pub(crate) rotation: Rotation,
    pub(crate) signatures: Signatures,
    pub(crate) sign_in: SignIn,
    pub(crate) device_code_life: Duration,
    pub(crate) device_code_interval: Duration,
    pub(crate) region: String,
    pub(crate) identity_header: Secret,
    pub(crate) arc_key_file: String,
    pub(crate) loop_limit: Option<u32>,
    pub(crate) audit_capacity: usize,
    pub(crate) seed: u64,
}

/// Who is asked at the authorization endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignIn {
    /// Browsers get pages. A program (one that does not ask for `text/html`) whose `login_hint` names a user
    /// gets the code at once, as if that user had signed in.
    #[default]
    Automatic,
    /// Everybody gets pages.
    Pages,
    /// Nobody gets a page: `login_hint` says who signs in. Without it, it is the account that is signed in at the
    /// browser.
    Unattended,
}

/// What happens to a refresh token when it is redeemed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// It stays valid, as at Entra.
    #[default]
    Reusable,
    /// It stays valid for this long after its first redemption.
    Grace(Duration),
    /// It is spent by its first redemption.
    SingleUse,
    /// It is spent by its first redemption, and presenting it again revokes every token of the same sign-in.
    SingleUseWithReuseDetection,
}

/// How access tokens and id tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signatures {
    /// RS256, verifiable with the published keys.
    #[default]
    Rs256,
    /// A constant in place of a signature, for load tests. Nobody can verify such a token.
    Cheap,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_life: Duration::from_secs(3599),
            refresh_in: None,
            extended_life: None,
            refresh_token_life: Duration::from_secs(90 * 24 * 3600),
            refresh_token_chars: 1200,
            rotation: Rotation::default(),
            signatures: Signatures::default(),
            sign_in: SignIn::default(),
            device_code_life: Duration::from_secs(900),
            device_code_interval: Duration::from_secs(5),
            region: "westus2".to_owned(),
            identity_header: Secret::from("emulator-identity-header"),
            arc_key_file: "/var/opt/azcmagent/tokens/emulator.key".to_owned(),
            loop_limit: None,
            audit_capacity: 16_384,
            seed: 0,
        }
    }
}

impl Settings {
    /// Sets how long access tokens live.
    #[must_use]
    pub fn access_token_life(mut self, life: Duration) -> Self {
        self.access_token_life = life;
        self
    }

    /// Sends `refresh_in`, so that clients refresh early.
    #[must_use]
    pub fn refresh_in(mut self, after: Duration) -> Self {
        self.refresh_in = Some(after);
        self
    }

    /// Sets `ext_expires_in`, for how long a client may go on with a token during an outage.
    #[must_use]
    pub fn extended_life(mut self, life: Duration) -> Self {
        self.extended_life = Some(life);
        self
    }

    /// Sets for how long a refresh token that is not used stays valid.
    #[must_use]
    pub fn refresh_token_life(mut self, life: Duration) -> Self {
        self.refresh_token_life = life;
        self
    }

    /// Sets the length of refresh tokens in characters; one that needs more takes more.
    #[must_use]
    pub fn refresh_token_chars(mut self, chars: usize) -> Self {
        self.refresh_token_chars = chars;
        self
    }

    /// Sets what happens to a redeemed refresh token.
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        self.rotation = rotation;
        self
    }

    /// Sets how tokens are signed.
    #[must_use]
    pub fn signatures(mut self, signatures: Signatures) -> Self {
        self.signatures = signatures;
        self
    }

    /// Sets who is asked at the authorization endpoint.
    #[must_use]
    pub fn sign_in(mut self, sign_in: SignIn) -> Self {
        self.sign_in = sign_in;
        self
    }

    /// Sets how long the code of a device lives.
    #[must_use]
    pub fn device_code_life(mut self, life: Duration) -> Self {
        self.device_code_life = life;
        self
    }

    /// Sets how often a device may ask; one that asks sooner is told to slow down.
    #[must_use]
    pub fn device_code_interval(mut self, interval: Duration) -> Self {
        self.device_code_interval = interval;
        self
    }

    /// Sets the Azure region that the instance metadata name.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Sets what a program on a machine must show for a token of a managed identity: `IDENTITY_HEADER` or
    /// `MSI_SECRET`, and the content of Azure Arc's key file.
    #[must_use]
    pub fn identity_header(mut self, secret: impl Into<Secret>) -> Self {
        self.identity_header = secret.into();
        self
    }

    /// Sets the path of the key file that Azure Arc's challenge names. MSAL reads it from
    /// `/var/opt/azcmagent/tokens` only. The server writes it when told to keep it.
    #[must_use]
    pub fn arc_key_file(mut self, path: impl Into<String>) -> Self {
        self.arc_key_file = path.into();
        self
    }

    /// Refuses a client with AADSTS50196 when it presents one refresh token more often than this in a minute, as a
    /// client without a token cache does. By default there is no limit, for the sake of load tests.
    #[must_use]
    pub fn loop_limit(mut self, requests: u32) -> Self {
        self.loop_limit = Some(requests);
        self
    }

    /// Sets how many requests the audit log keeps. The oldest are dropped.
    #[must_use]
    pub fn audit_capacity(mut self, records: usize) -> Self {
        self.audit_capacity = records;
        self
    }

    /// Sets the seed of identifiers and of the key that seals refresh tokens.
    ///
    /// Two emulators with the same seed accept each other's refresh tokens, and answer the same
    /// requests with the same bytes. A seed is not a secret: this is a tool for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
