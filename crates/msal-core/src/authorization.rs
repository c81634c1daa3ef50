//! Signing a user in at a browser: the authorization code flow (RFC 6749 §4.1) with a proof key (RFC 7636), as OpenID
//! Connect Core §3.1 has it.
//!
//! An [`AuthorizationRequest`] says what the user is asked, an [`AuthCodeFlow`] remembers it until the answer comes, an
//! [`AuthResponse`] is that answer, and an [`AuthorizedCode`] what may be redeemed.

mod authorized_code;
mod error;
mod flow;
mod parameters;
mod pkce;
mod redirect_uri;
mod request;
mod response;
mod session;

pub use authorized_code::AuthorizedCode;
pub use error::{AuthFlowError, AuthResponseError, AuthorizationRequestError};
pub use flow::AuthCodeFlow;
pub use parameters::{Prompt, ResponseMode};
pub use redirect_uri::RedirectUri;
pub use request::AuthorizationRequest;
pub use response::AuthResponse;
pub use session::InvalidSession;
