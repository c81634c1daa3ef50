//! The pages that people see: plain HTML that works without script, on a desktop and on a phone.
//!
//! Every page has strict headers: no script but that of `form_post`, no frames around it, no referrer, no caching.
//! Text that comes from elsewhere is escaped by `Markup::text`.

mod device;
mod error;
mod form_post;
mod layout;
mod sign_in;
mod sign_out;
mod sign_up;

pub(crate) use device::{device_code, device_finished};
pub(crate) use error::{code_page, error_page, explain};
pub(crate) use form_post::{FORM_POST_SCRIPT, post_form};
pub(crate) use layout::PageContext;
pub(crate) use sign_in::{account, choose, consent, password, second_factor};
pub(crate) use sign_out::{sign_out_choose, signed_out};
pub(crate) use sign_up::create_account;
