//! The AD FS of federated domains: assertions (SAML 1.1 and 2.0), WS-Trust 1.3 and its draft of 2005, and the metadata
//! exchange document that names the endpoints.
//!
//! The signature value of an assertion is not an XML signature but a sealed text that only the emulator reads. ADAL
//! Python parses answers and writes them anew, which the signed bytes of an XML signature do not survive.

mod assertion;
mod mex;
mod ws_trust;
mod xml;

pub(crate) use assertion::Assertion;
pub(crate) use mex::metadata_exchange;
pub(crate) use ws_trust::{FEDERATION_AUDIENCE, issue_assertion};
