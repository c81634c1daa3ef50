//! AD FS as federated domains have it: assertions (SAML 1.1 and 2.0), WS-Trust 1.3 and 2005, and the
//! metadata exchange document that names its endpoints.
//!
//! The value in an assertion's signature is not an XML signature but a sealed text that only the emulator
//! reads. ADAL Python takes answers apart and writes them anew, which no XML signature over bytes survives.

mod assertion;
mod mex;
mod ws_trust;
mod xml;

pub(crate) use assertion::Assertion;
pub(crate) use mex::metadata_exchange;
pub(crate) use ws_trust::{FEDERATION_AUDIENCE, issue_assertion};
