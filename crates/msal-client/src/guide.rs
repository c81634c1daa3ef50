//! Pages that lead through the library.
//!
//! * [What to do when there is no token](errors): all variants of [`Error`](crate::Error), and what each asks for.
//! * [A web application](web_applications): many users, one application, a store of one's own.
//!
//! Programs, of one page but for the web application, are in the folder `examples` of the crate, and the tests run them:
//!
//! | example | what it shows |
//! |---|---|
//! | `options` | all that an application can be told when it is built |
//! | `interactive` | a sign-in at the browser of this machine |
//! | `device_code` | a sign-in on another device |
//! | `auth_code` | a sign-in with an authorization code, of both kinds of client |
//! | `username_password` | a sign-in whose password the program knows, and what it cannot do |
//! | `client_secret`, `client_certificate` | a service that acts for itself |
//! | `workload`, `key_vault` | a service without a secret of its own, and one whose key is in a vault |
//! | `on_behalf_of` | an API that acts for the user who called it |
//! | `refresh_token` | the sign-in of another library, taken over |
//! | `silent` | a command that asks no user: tokens for the accounts of a cache file |
//! | `errors` | what to do about each error |
//! | `file_store` | a cache in a file: listed, signed out of, in ruins |
//! | `encrypted_store` | a store of one's own around another one |
//! | `web_app` | a whole web application with axum: sign-in, sessions, sign-out, an API that acts on behalf of users, a store of its own |
//! | `custom_http_client` | an HTTP client of one's own, with reqwest |
//! | `tested` | an application and its tests: an emulator, and a clock that jumps |
//!
//! For a bulk migration see `from_memory` of the crate `msal-migrate`.

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/web_applications.md")]
#[doc = "```no_run"]
#[doc = include_str!("../examples/web_app/database.rs")]
#[doc = "```"]
pub mod web_applications {}
